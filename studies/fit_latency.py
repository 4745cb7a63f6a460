"""Fits cycles per MAC by kind of op to published latencies of whole networks, and says how well it does.

`python -m studies.fit_latency --table PATH --macs PATH [--only WORD] [--json]`

The table is a CSV of one published latency a row with the columns version, org, system, benchmark,
latency_ms, energy_uJ, freq ("120 MHz") and framework, gathered from the MLPerf Tiny results
(github.com/mlcommons/tiny_results_v0.5 to v1.3). The MACs are a CSV of benchmark, conv, dw, fc, pw, one row a
network. One fit is made for each submission (version, org, system) with at least three of the networks.

Four totals do not determine four rates: depthwise and pointwise convolutions go together in all of these
networks. So the fit, non-negative least squares on relative error, is held weakly (a tenth of an error's
weight) to a prior: all kinds cost the same, but a depthwise MAC 2.86 times as much. That ratio is the one of
ESP-NN's plain C kernels (README, "Kernelwise performance", 3x3 depthwise 1,192,832 ticks for 36,864 MACs
against 1x1 4,642,259 for 409,600). A rate that the totals leave open is then the prior's and not zero.

Adds and pools are a few percent of these networks and cannot be told from their totals. They are given the
pointwise rate times the ratio of the same plain C kernels: 312,327 ticks for an add of 1,615 elements,
485,714 for a 3x3 max pool and 541,462 for a 3x3 average pool over 36,864 elements read (16 x 16 x 16 outputs,
tests/src/pooling_test.c). That is a rough stand-in, and the errors do not cover it.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

KINDS = ("conv", "pw", "dw", "fc")
PRIOR_RATIO = np.array([1.0, 1.0, 2.86, 1.0])
PRIOR_WEIGHT = 0.1
C_POINTWISE = 4_642_259 / 409_600
ELEMENT_RATIOS = {
    "add": 312_327 / 1_615 / C_POINTWISE,
    "max_pool": 485_714 / 36_864 / C_POINTWISE,
    "average_pool": 541_462 / 36_864 / C_POINTWISE,
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Submission:
    """Published totals of one board and software stack: cycles by network, and power where given."""

    name: str
    framework: str
    clock_hz: float
    cycles: dict[str, float]
    power_mw: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Cycles per MAC by kind, and relative errors: of the fit, and of each network left out of it."""

    submission: Submission
    cycles_per_mac: dict[str, float]
    fitted_error: dict[str, float]
    left_out_error: dict[str, float]

    @property
    def cycles_per_element(self) -> dict[str, float]:
        """Cycles of an add per element written and of the pools per element read."""
        return {kind: ratio * self.cycles_per_mac["pw"] for kind, ratio in ELEMENT_RATIOS.items()}

    @property
    def median_error(self) -> float:
        """Median absolute relative error of a network that was left out."""
        return statistics.median(abs(error) for error in self.left_out_error.values())

    @property
    def worst_error(self) -> float:
        """Largest absolute relative error of a network that was left out."""
        return max(abs(error) for error in self.left_out_error.values())


def read_macs(path: Path) -> dict[str, Floats]:
    """MACs of each network in the order of `KINDS`."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        columns = next(reader)
        rows = [dict(zip(columns, row, strict=True)) for row in reader]
    return {row[columns[0]]: np.array([float(row[kind]) for kind in KINDS]) for row in rows}


def read_submissions(path: Path) -> list[Submission]:
    """Submissions in the table; the rows of one network in one submission are averaged."""
    groups: defaultdict[tuple[str, str, str, str], list[dict[str, str]]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups[row["version"], row["org"], row["system"], row["framework"]].append(row)
    return [_submission(rows) for _, rows in sorted(groups.items())]


def fit(submission: Submission, macs: dict[str, Floats]) -> Fit:
    """The rates that explain a submission, and what each network's total is predicted to be without it."""
    networks = [name for name in submission.cycles if name in macs]
    rates = solve(networks, submission.cycles, macs)
    left_out: dict[str, float] = {}
    for name in networks:
        others = [other for other in networks if other != name]
        left_out[name] = _error(solve(others, submission.cycles, macs), macs[name], submission.cycles[name])
    return Fit(
        submission,
        {kind: float(rate) for kind, rate in zip(KINDS, rates, strict=True)},
        {name: _error(rates, macs[name], submission.cycles[name]) for name in networks},
        left_out,
    )


def solve(networks: Sequence[str], cycles: dict[str, float], macs: dict[str, Floats]) -> Floats:
    """Non-negative rates with the least squared relative error, held to the prior by `PRIOR_WEIGHT`."""
    relative = np.array([macs[name] * PRIOR_RATIO / cycles[name] for name in networks])
    # The prior's level is the one rate that explains the networks best when all kinds share it.
    shared = relative.sum(axis=1)
    level = shared.sum() / (shared @ shared)
    left = np.vstack([relative, PRIOR_WEIGHT / level * np.eye(len(KINDS))])
    right = np.concatenate([np.ones(len(networks)), np.full(len(KINDS), PRIOR_WEIGHT)])
    solution, _ = nnls(left, right)
    return solution * PRIOR_RATIO


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints every fit, as text or as JSON."""
    parser = argparse.ArgumentParser(
        description="Fit cycles per MAC to published latencies of whole networks."
    )
    parser.add_argument("--table", type=Path, required=True, help="CSV of published latencies")
    parser.add_argument("--macs", type=Path, required=True, help="CSV of MACs by kind of op")
    parser.add_argument("--only", default="", help="keep submissions whose name has this word")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    macs = read_macs(options.macs)
    fits = [
        fit(submission, macs)
        for submission in read_submissions(options.table)
        if options.only in submission.name and len(submission.cycles.keys() & macs.keys()) >= 3
    ]
    text = (
        json.dumps([_as_json(one) for one in fits], indent=2)
        if options.json
        else "\n".join(map(_as_text, fits))
    )
    sys.stdout.write(text + "\n")
    return 0


def _submission(rows: list[dict[str, str]]) -> Submission:
    first = rows[0]
    clock_hz = float(first["freq"].split()[0]) * 1e6
    times: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        times[row["benchmark"]].append(float(row["latency_ms"]))
    powers = [float(row["energy_uJ"]) / float(row["latency_ms"]) for row in rows if row["energy_uJ"]]
    return Submission(
        name=f"{first['version']} {first['org']} {first['system']}",
        framework=first["framework"],
        clock_hz=clock_hz,
        cycles={name: statistics.mean(values) / 1e3 * clock_hz for name, values in times.items()},
        power_mw=statistics.median(powers) if powers else None,
    )


def _error(rates: Floats, macs: Floats, cycles: float) -> float:
    return float(macs @ rates) / cycles - 1


def _as_json(one: Fit) -> dict[str, object]:
    return {
        **asdict(one),
        "cycles_per_element": one.cycles_per_element,
        "median_error": one.median_error,
        "worst_error": one.worst_error,
    }


def _as_text(one: Fit) -> str:
    rates = ", ".join(f"{kind} {rate:.2f}" for kind, rate in one.cycles_per_mac.items())
    elements = ", ".join(f"{kind} {rate:.2f}" for kind, rate in one.cycles_per_element.items())
    power = "" if one.submission.power_mw is None else f"; {one.submission.power_mw:.1f} mW"
    errors = ", ".join(f"{name} {error:+.1%}" for name, error in one.left_out_error.items())
    return (
        f"{one.submission.name} ({one.submission.framework}){power}\n  cycles per MAC: {rates}\n"
        f"  cycles per element: {elements}\n"
        f"  each network left out: {errors}; median {one.median_error:.1%}, worst {one.worst_error:.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
