"""What a whole search reaches, and how far its predictions were off.

`python -m studies.bench_search digits --json` runs a study from its start, or reads a finished run given by
`--run`, and prints the figures that the README quotes. Beside them stands what is quoted for uNAS at that
size, at second hand. `--controller random-search` runs the control: the same filter, score and training.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from constraints.budget import fits
from constraints.target import load_target
from constraints.target_budget import budget_on
from nas.display import PlainDisplay
from nas.phases.architecture_search import complete_trials
from nas.pipeline import begin
from nas.problem import pose
from nas.run import Run, load_run
from nas.run_files.run_folder import RunFolder
from nas.study_file import read_study

PUBLISHED = {
    "fashion_mnist": {
        "system": "uNAS",
        "known": "published, at second hand; one byte a parameter, input, scratch and runtime not counted",
        "test_accuracy": 0.9322,
        "weights_bytes": 63_600,
        "ram_bytes": 12_600,
        "macs": 4_400_000,
    },
    "digits": None,
    "mnist": None,
}


@click.command()
@click.argument("study", default="digits")
@click.option("--run", "finished", type=click.Path(path_type=Path), help="Read this finished run instead.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder.  [default: runs/bench-STUDY]")
@click.option("--minutes", type=float, help="Instead of the study's.")
@click.option("--controller", help="Instead of the study's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    study: str,
    finished: Path | None,
    out: Path | None,
    minutes: float | None,
    controller: str | None,
    as_json: bool,  # noqa: FBT001 - click's own
) -> None:
    """Prints what a search of STUDY reaches."""
    seconds = None
    path = finished
    if path is None:
        path = out or Path("runs") / f"bench-{study}"
        chosen = read_study(study)
        if minutes is not None:
            chosen = replace(chosen, minutes=minutes, steps=None)
        if controller is not None:
            chosen = replace(chosen, controller=controller)
        started = time.monotonic()
        begin(chosen, path, PlainDisplay())
        seconds = time.monotonic() - started
    figures = {"seconds": seconds, **figures_of(load_run(path))}
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            click.echo(f"{name}: {value}")


def figures_of(run: Run) -> dict[str, Any]:
    """The figures of a finished run; errors are over all finalists, fractions of 1."""
    problem = pose(run.study)
    trials = complete_trials(problem, RunFolder(run.path)) or []
    budget = budget_on(load_target(run.study.target), run.study.budget)
    cards = [candidate.card for candidate in run.finalists]
    best = run.best().card
    return {
        "study": run.study.name,
        "seed": run.study.seed,
        "front_points": len(run.front),
        "best_test_accuracy": best["test_accuracy"],
        "best_val_accuracy": best["val_accuracy"],
        "best": {
            name: best[name] for name in ("digest", "activations_bytes", "arena_bytes", "flash_bytes", "macs")
        },
        "all_verified": all(card["verified"] for card in cards),
        "head_equal": all(
            card["activations_bytes"]["predicted"] == card["activations_bytes"]["measured"] for card in cards
        ),
        "file_max_rel": max(_relative_error(card["flash_bytes"]) for card in cards),
        "arena_max_rel": max(_relative_error(card["arena_bytes"]) for card in cards),
        "head_saved_mean": _saved(run, "head_bytes"),
        "arena_saved_mean": _saved(run, "total_bytes"),
        "plan_changes_an_output": any(card["plain_difference"] for card in cards),
        "int8_largest_difference": max(card["largest_difference"] or 0 for card in cards),
        "scored": len(trials),
        "scored_over_budget": sum(not fits(trial.cost, budget) for trial in trials),
        "runtime": best["runtime"],
        "published": PUBLISHED.get(run.study.data),
    }


def _saved(run: Run, part: str) -> float | None:
    """What our plan saves of what TFLM's own planner was recorded to take: the mean over the front."""
    cards = [candidate.card for candidate in run.front]
    if any(card["recorded_arena"] is None for card in cards):
        return None
    return statistics.mean(1 - card["recorded_arena"][part] / card["plain_arena"][part] for card in cards)


def _relative_error(known: dict[str, int | None]) -> float:
    predicted, measured = known["predicted"], known["measured"]
    if predicted is None or measured is None:
        return float("nan")
    return abs(predicted - measured) / measured


if __name__ == "__main__":
    main()
