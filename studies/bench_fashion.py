"""Whole searches on Fashion-MNIST against their controls, at equal wall clock, several seeds each.

`python -m studies.bench_fashion [CONTESTANT ...] --runs DIR [--minutes 30] [--seeds 0,1,2]
[--activations 12600B] [--json]`

Each run is kept in DIR under its contestant, budget, minutes and seed: a finished one is read, an
interrupted one goes on, a missing one is made. Runs bounded by minutes need a machine that does nothing else.
Contestants: `ours`, the search as it comes; `random`, the same filter, score and training of finalists
with random search; `sharing`, each candidate tuned from the weights of a supernet instead of trained from
random ones; `by-hand`, one network that a person drew (`studies/by_hand.py`), trained alone for as long.

The best is chosen on validation; its accuracy is that of its int8 file on the test set, executed by
TensorFlow Lite Micro. Hypervolume is that of the front in (test error, activations, file), from 20% and the
budget, as a part of that box.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from constraints.budget import Budget
from nas.display import PlainDisplay
from nas.pareto import hypervolume
from nas.pipeline import begin, resume
from nas.run import Run, load_run
from nas.run_files.run_folder import RunFolder
from nas.study import Study
from nas.study_file import read_study

WORST_ERROR = 0.2
FLASH = "63600B"
BY_HAND = Path(__file__).with_name("by_hand.py")
CONTESTANTS: dict[str, Callable[[Study], Study]] = {
    "ours": lambda study: study,
    "random": lambda study: replace(study, controller="random-search"),
    "sharing": lambda study: replace(study, score="tuned"),
    "by-hand": lambda study: replace(study, space=str(BY_HAND), finalists=1),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run reached; bytes are those of its best network."""

    contestant: str
    seed: int
    test_accuracy: float
    val_accuracy: float
    hypervolume: float
    activations_bytes: int
    flash_bytes: int
    macs: int
    front: int
    verified: bool


@click.command()
@click.argument("contestants", nargs=-1, type=click.Choice(list(CONTESTANTS)))
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--minutes", type=float, default=30.0, show_default=True, help="Of each run.")
@click.option("--seeds", default="0,1,2", show_default=True, help="One run each.")
@click.option("--activations", default="12600B", show_default=True, help="Most bytes of activations.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    contestants: tuple[str, ...],
    runs: Path,
    minutes: float,
    seeds: str,
    activations: str,
    as_json: bool,  # noqa: FBT001 - click's own
) -> None:
    """Prints what each of CONTESTANTS (default: all) reached: the mean over seeds and its spread."""
    study = replace(
        read_study("fashion_mnist"),
        budget=Budget.parse(activations=activations, flash=FLASH),
        minutes=minutes,
        steps=None,
    )
    outcomes: list[Outcome] = []
    for seed in [int(number) for number in seeds.split(",")]:
        for name in contestants or CONTESTANTS:
            place = runs / f"{name}-{activations}-{minutes:g}min-seed{seed}"
            chosen = CONTESTANTS[name](replace(study, name=place.name, seed=seed))
            outcomes.append(outcome_of(name, run_of(chosen, place)))
    figures = {"minutes": minutes, "activations": activations, "contestants": summary(outcomes)}
    click.echo(json.dumps(figures, indent=1) if as_json else "\n".join(_lines(outcomes)))


def run_of(study: Study, place: Path) -> Run:
    """The run in `place`, begun or gone on with where it is not finished."""
    if not RunFolder(place).report.exists():
        if (place / "study.toml").exists():
            resume(place, PlainDisplay())
        else:
            begin(study, place, PlainDisplay())
    return load_run(place)


def outcome_of(contestant: str, run: Run) -> Outcome:
    """The figures of a finished run."""
    best, budget = run.best(), run.study.budget
    assert budget.activations_bytes is not None
    assert budget.flash_bytes is not None
    points = [
        (
            1.0 - one.card["test_accuracy"],
            one.activations_bytes / budget.activations_bytes,
            one.flash_bytes / budget.flash_bytes,
        )
        for one in run.front
    ]
    return Outcome(
        contestant=contestant,
        seed=run.study.seed,
        test_accuracy=best.card["test_accuracy"],
        val_accuracy=best.card["val_accuracy"],
        hypervolume=hypervolume(points, (WORST_ERROR, 1.0, 1.0)) / WORST_ERROR,
        activations_bytes=best.activations_bytes,
        flash_bytes=best.flash_bytes,
        macs=best.macs,
        front=len(run.front),
        verified=all(one.verified for one in run.front),
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, dict[str, object]]:
    """By contestant: mean and standard deviation over seeds of accuracy and hypervolume, and every run."""
    found: dict[str, dict[str, object]] = {}
    for name in dict.fromkeys(one.contestant for one in outcomes):
        own = [one for one in outcomes if one.contestant == name]
        found[name] = {
            "test_accuracy": _mean_and_deviation([one.test_accuracy for one in own]),
            "hypervolume": _mean_and_deviation([one.hypervolume for one in own]),
            "all_verified": all(one.verified for one in own),
            "runs": [{key: getattr(one, key) for key in Outcome.__slots__} for one in own],
        }
    return found


def _mean_and_deviation(values: Sequence[float]) -> dict[str, float | None]:
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": deviation}


def _lines(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [
        f"{one.contestant:8} seed {one.seed}: {one.test_accuracy:.2%} test, "
        f"{one.val_accuracy:.2%} validation, "
        f"hypervolume {one.hypervolume:.4f}, {one.activations_bytes:,} B of activations, "
        f"file {one.flash_bytes:,} B, {one.macs:,} MACs, {one.front} on the front"
        for one in outcomes
    ]
    return [*rows, json.dumps({name: {**row, "runs": None} for name, row in summary(outcomes).items()})]


if __name__ == "__main__":
    main()
