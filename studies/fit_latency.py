"""Fits cycles by kind of work to published latencies of networks, and says how far off it is.

`python -m studies.fit_latency --table PATH --models DIR [--pair "BOARD, STACK"] [--only WORD] [--json]`

The table is described in `studies.mlperf_tiny`, the models in `studies.reference_networks`, the fit in
`studies.joint_fit`, and what is left out in `studies.left_out`. A pair is a stack on a board that nobody
published: it is predicted, and its errors are those of all stacks on boards that were left out entirely. What
`constraints/targets/*.toml` state of the stacks in the table was printed by this program.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studies.joint_fit import JointFit, fit
from studies.left_out import QUESTIONS, Left, leave_out, summarize
from studies.mlperf_tiny import Measured, Power, read_measured, read_power
from studies.published_kernels import MAX_POOL_OF_AVERAGE, pico_left_out, pico_rates
from studies.reference_networks import WORK, Network, read_networks


@dataclass(frozen=True, slots=True)
class Study:
    """All that is printed; stacks without totals are pairs that were asked for."""

    measured: list[Measured]
    networks: Mapping[str, Network]
    fitted: JointFit
    left: list[Left]
    powers: list[Power]

    def errors(self, one: Measured) -> dict[str, list[Left]]:
        """What was left out of one stack on one board, by question; of all of them for a pair."""
        own = [left for left in self.left if (left.board, left.stack) == (one.board, one.stack)]
        if not one.cycles:
            own = [left for left in self.left if left.question == "pairing"]
        return {question: [left for left in own if left.question == question] for question in QUESTIONS}


def constants(rates: Sequence[float]) -> dict[str, float]:
    """The rates under the names that a target's file has for them."""
    by_work = dict(zip(WORK, map(float, rates), strict=True))
    return {
        **{f"{kind}_cycles_per_mac": by_work[kind] for kind in WORK[:4]},
        "cycles_per_output": by_work["output"],
        "cycles_per_gathered_byte": by_work["gathered"],
        "add_cycles_per_element": by_work["add"],
        "max_pool_cycles_per_element": by_work["average_pool"] * MAX_POOL_OF_AVERAGE,
        "average_pool_cycles_per_element": by_work["average_pool"],
        "cycles_per_op": by_work["op"],
    }


def make_study(table: Path, models: Path, pairs: Sequence[str], only: str) -> Study:
    """Reads, fits and leaves out; `only` narrows what is printed, not what is fitted."""
    published, networks = read_measured(table), read_networks(models)
    wanted = [_unpublished(pair) for pair in pairs]
    fitted = fit([*published, *wanted], networks)
    shown = [one for one in [*published, *wanted] if only in one.name]
    return Study(shown, networks, fitted, leave_out(published, networks), read_power(table))


def as_json(study: Study) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "stacks": [
            {
                "board": one.board,
                "stack": one.stack,
                "clock_hz": one.clock_hz,
                "published_cycles": one.cycles,
                "constants": constants(list(study.fitted.rates[one.board, one.stack])),
                "fitted_error": _fitted(study, one),
                "left_out": {
                    question: {
                        **_summary(left),
                        "each": [asdict(entry) for entry in left] if one.cycles else [],
                    }
                    for question, left in study.errors(one).items()
                },
            }
            for one in study.measured
        ],
        "all": {
            question: _summary([left for left in study.left if left.question == question])
            for question in QUESTIONS
        },
        "power": [
            {**asdict(power), "median_mw": power.median_mw, "left_out_errors": power.left_out_errors}
            for power in study.powers
        ],
        "rp2040": {"rates": pico_rates(), "left_out": pico_left_out()},
    }


def as_text(study: Study) -> str:
    """The same in words."""
    lines: list[str] = []
    for one in study.measured:
        rates = study.fitted.rates[one.board, one.stack]
        lines.append(one.name if one.cycles else f"{one.name} (never published: predicted)")
        lines.append(
            "  cycles: " + ", ".join(f"{kind} {rate:.2f}" for kind, rate in zip(WORK, rates, strict=True))
        )
        lines.append(
            "  fitted: " + ", ".join(f"{name} {error:+.1%}" for name, error in _fitted(study, one).items())
        )
        lines += [
            f"  {question} left out: {_words(left)}" for question, left in study.errors(one).items() if left
        ]
    lines.append("all stacks on all boards")
    for question in QUESTIONS:
        lines.append(
            f"  {question} left out: {_words([one for one in study.left if one.question == question])}"
        )
    lines.append("power while running, median of the networks; error of the median of the others")
    for power in study.powers:
        worst = max(map(abs, power.left_out_errors.values()), default=float("nan"))
        lines.append(f"  {power.name} ({power.stack}): {power.median_mw:.1f} mW, worst {worst:.1%}")
    left = pico_left_out()
    lines.append("RP2040, person detection op by op, each block of two ops predicted from the others")
    lines.append("  cycles: " + ", ".join(f"{kind} {rate:.2f}" for kind, rate in pico_rates().items()))
    lines.append(
        f"  ops: median {left['median']:.1%}, worst {left['worst']:.1%}; their sum {left['sum']:+.1%}"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the study, as text or as JSON."""
    parser = argparse.ArgumentParser(description="Fit cycles by kind of work to published latencies.")
    parser.add_argument("--table", type=Path, required=True, help="CSV of published latencies")
    parser.add_argument(
        "--models", type=Path, required=True, help="folder of the four .tflite reference networks"
    )
    parser.add_argument(
        "--pair", action="append", default=[], help='"BOARD, STACK" to predict; may be repeated'
    )
    parser.add_argument("--only", default="", help="print the stacks and boards whose name has this word")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    study = make_study(options.table, options.models, options.pair, options.only)
    sys.stdout.write((json.dumps(as_json(study), indent=2) if options.json else as_text(study)) + "\n")
    return 0


def _unpublished(text: str) -> Measured:
    board, comma, stack = text.partition(", ")
    if not comma:
        raise ValueError(f'a pair is "BOARD, STACK" as this program prints them, got {text!r}')
    return Measured(board, stack, clock_hz=0.0, cycles={})


def _fitted(study: Study, one: Measured) -> dict[str, float]:
    return {
        name: study.fitted.cycles(one, study.networks, name) / cycles - 1
        for name, cycles in one.cycles.items()
    }


def _summary(left: Sequence[Left]) -> dict[str, float | int | None]:
    summary = summarize(left)
    return {"count": 0, "median": None, "worst": None} if summary is None else asdict(summary)


def _words(left: Sequence[Left]) -> str:
    summary = summarize(left)
    if summary is None:
        return "nothing"
    worst = max(left, key=lambda one: abs(one.error))
    return (
        f"median {summary.median:.1%}, worst {summary.worst:.1%} "
        f"({worst.network}: {worst.error:+.1%}), {summary.count} predictions"
    )


if __name__ == "__main__":
    sys.exit(main())
