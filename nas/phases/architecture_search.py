"""Phase 2: a controller picks networks that fit, the bank scores them, every trial is recorded."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path

from nas.controllers.by_name import make_controller
from nas.display import Display
from nas.pareto import Point, hypervolume
from nas.problem import Problem
from nas.run_folder import RunFolder, read_json, write_json
from nas.training.allowance import Allowance, Progress
from nas.training.scoring import score
from nas.trials import Trial, TrialLog
from nas.workers import Workers
from search_spaces.genotype import Genotype

ROUND = 8
"""Asked at once, whatever the number of workers, so that it does not change what is found."""
STUDY_NAME = "nas"


@dataclass(frozen=True, slots=True)
class SearchEnd:
    """Why the search ended, and what it turned away: (reason, how many distinct networks)."""

    why: str
    costed: int
    rejections: tuple[tuple[str, int], ...]


def searched(
    problem: Problem, folder: RunFolder, workers: Workers, allowance: Allowance, display: Display
) -> list[Trial]:
    """All trials, after the search has gone on until its end."""
    where, name = _storage(problem, folder)
    log = TrialLog.open(where, name, problem.objectives.names, problem.space.genes)
    _search(problem, folder, log, workers, allowance, display)
    return log.load()


def view_trials(problem: Problem, folder: RunFolder) -> list[Trial]:
    """The trials of a run as they are recorded; nothing is written."""
    where, name = _storage(problem, folder)
    return TrialLog.view(where, name, problem.objectives.names, problem.space.genes).load()


def _storage(problem: Problem, folder: RunFolder) -> tuple[Path | str, str]:
    """Where the trials are: in the run's journal, or in the database that the study names."""
    if problem.study.storage is None:
        return folder.journal, STUDY_NAME
    return problem.study.storage, str(folder.path.resolve())


def read_search_end(folder: RunFolder) -> SearchEnd:
    """How the search of a run ended."""
    saved = read_json(folder.search)
    rejections = tuple((reason, count) for reason, count in saved["rejections"])
    return SearchEnd(saved["why"], saved["costed"], rejections)


def _search(
    problem: Problem,
    folder: RunFolder,
    log: TrialLog,
    workers: Workers,
    allowance: Allowance,
    display: Display,
) -> None:
    """Asks and tells until the allowance is used; what an interrupted search has scored is played back."""
    recorded = {trial.genotype: trial for trial in log.load()}
    spent = max((trial.seconds for trial in recorded.values()), default=0.0)
    progress = Progress(allowance, seconds=spent)
    controller = make_controller(
        problem.study.controller,
        problem.space,
        problem.costing.excess,
        random.Random(f"{problem.study.seed}/search"),
        len(problem.objectives.names),
    )
    why, best = "allowance used", 0.0
    while progress.fraction < 1.0 or progress.step == 0:
        asked = controller.ask(_room(allowance, progress.step))
        if not asked:
            why = f"no network was left that fits and is new, after {progress.step:,}"
            display.say(f"search: {why}")
            break
        for trial in _scored(problem, log, workers, asked, recorded, progress):
            controller.tell(trial.genotype, trial.objectives)
            best = max(best, trial.val_accuracy if trial.failure is None else 0.0)
            text = f"{progress.step:,} scored, {problem.costing.costed:,} costed, best {best:.1%} (inherited, int8)"
            display.update(progress.fraction, text)
    rejections = sorted(problem.costing.rejections.items(), key=lambda item: -item[1])
    write_json(folder.search, {"why": why, "costed": problem.costing.costed, "rejections": rejections})


def _room(allowance: Allowance, step: int) -> int:
    return ROUND if allowance.steps is None else min(ROUND, max(1, allowance.steps - step))


def _scored(
    problem: Problem,
    log: TrialLog,
    workers: Workers,
    asked: list[Genotype],
    recorded: dict[Genotype, Trial],
    progress: Progress,
) -> list[Trial]:
    """One trial for each asked genotype, in order; the new ones are recorded as they come."""
    fresh = [genotype for genotype in asked if genotype not in recorded]
    scores = iter(workers.map(score, [problem.costing.graph(genotype) for genotype in fresh]))
    trials = []
    for genotype in asked:
        if (trial := recorded.get(genotype)) is None:
            result, cost = next(scores), problem.costing.cost(genotype)
            trial = Trial(
                number=progress.step,
                genotype=genotype,
                digest=problem.space.digest(genotype),
                objectives=problem.objectives.point(result.loss, cost),
                val_loss=result.loss,
                val_accuracy=result.accuracy,
                cost=cost,
                seconds=progress.seconds,
                failure=None if math.isfinite(result.loss) else "its validation loss is not a number",
            )
            log.record(trial)
        trials.append(trial)
        progress.step += 1
    return trials


def hypervolume_over_time(
    problem: Problem, trials: list[Trial], points_wanted: int = 60
) -> list[tuple[float, int, float]]:
    """(seconds, trial number, hypervolume of all trials up to it), at some tens of moments."""
    kept = [trial for trial in trials if trial.failure is None]
    if not kept:
        return []
    points: list[Point] = [trial.objectives for trial in kept]
    reference = problem.objectives.reference(points)
    stride = max(1, len(kept) // points_wanted)
    moments = sorted({*range(0, len(kept), stride), len(kept) - 1})
    return [
        (kept[index].seconds, kept[index].number, hypervolume(points[: index + 1], reference))
        for index in moments
    ]


