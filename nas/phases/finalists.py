"""Phase 6: which networks are trained to the end, each as long as its share of the time allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json
from nas.training.allowance import Allowance
from nas.training.step_time import step_seconds
from nas.trial_log.trials import Trial
from search_spaces.genotype import Genotype

STEPS_OF_BEST = 2.0
"""The finalist that did best so far, which most users will take, gets so many times the others' steps, where
seconds are shared out and the others would have to wait for workers anyway."""


@dataclass(frozen=True, slots=True)
class Finalist:
    """A network chosen to be trained to the end, how much training it gets, and why it failed, if it did."""

    digest: str
    genotype: Genotype
    allowance: Allowance
    failure: str | None = None


def read_planned(folder: RunFolder) -> list[Finalist] | None:
    """The finalists as they were settled before; None where they were not.

    Raises:
        BadRun: the list is damaged.
    """
    if not folder.finalists.exists():
        return None
    rows = read_json(folder.finalists)
    with sound(folder.finalists):
        return [_read(row) for row in rows]


def plan_finalists(
    problem: Problem, folder: RunFolder, chosen: Sequence[Trial], seconds: float | None, workers: int
) -> list[Finalist]:
    """Settles who is trained and for how long; `seconds` are shared out unless steps are given.

    The best is the first of the `chosen`.
    """
    genotypes = [trial.genotype for trial in chosen]
    if problem.study.steps is not None:
        allowances = [Allowance(steps=problem.study.steps.finalist)] * len(genotypes)
    else:
        assert seconds is not None
        stream = problem.stream()
        timed = [step_seconds(stream, problem.costing.graph(genotype)) for genotype in genotypes]
        if len(timed) * problem.study.seeds > workers:
            timed[0] *= STEPS_OF_BEST
        shares = share_out(timed * problem.study.seeds, seconds, workers)
        allowances = [Allowance(seconds=share) for share in shares[: len(genotypes)]]
    planned = [
        Finalist(problem.space.digest(genotype), genotype, allowance)
        for genotype, allowance in zip(genotypes, allowances, strict=True)
    ]
    write_planned(folder, planned)
    return planned


def write_planned(folder: RunFolder, planned: Sequence[Finalist]) -> None:
    """Settles them for good: `read_planned` gives them again."""
    write_json(folder.finalists, [_row(finalist) for finalist in planned])


def share_out(step_seconds: Sequence[float], seconds: float, workers: int) -> list[float]:
    """Seconds of training for each network, as what it asks for, so that all end within `seconds`.

    The longest is given out first, each to the worker that is free soonest, as the pool does (Graham 1969,
    longest processing time first).
    """
    loads = [0.0] * workers
    for cost in sorted(step_seconds, reverse=True):
        loads[loads.index(min(loads))] += cost
    scale = seconds / max(loads)
    return [cost * scale for cost in step_seconds]


def _row(finalist: Finalist) -> dict[str, object]:
    return {
        "digest": finalist.digest,
        "genes": list(finalist.genotype.genes),
        "steps": finalist.allowance.steps,
        "seconds": finalist.allowance.seconds,
        "failure": finalist.failure,
    }


def _read(row: dict[str, object]) -> Finalist:
    allowance = Allowance(steps=row["steps"], seconds=row["seconds"])  # type: ignore[arg-type] - as _row wrote it
    genes, failure = row["genes"], row.get("failure")
    return Finalist(str(row["digest"]), Genotype(tuple(genes)), allowance, failure)  # type: ignore[arg-type]
