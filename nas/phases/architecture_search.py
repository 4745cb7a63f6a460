"""Phase 3: a controller picks networks that fit, the bank scores them, every trial is recorded."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import optuna
from numpy.typing import NDArray

from nas.calibration import Calibration, Sizes
from nas.controllers.by_name import make_controller
from nas.controllers.controller import Search
from nas.controllers.encoding import encoding
from nas.controllers.excess import Excess
from nas.costing.costing import Costing
from nas.display import Display
from nas.parallel.workers import Workers
from nas.pareto import Point, running_hypervolume
from nas.problem import Problem
from nas.run_files.run_folder import BadRun, RunFolder, read_json, sound, write_json
from nas.scores.by_name import score_rule
from nas.scores.rule import ScoreOf
from nas.study import Study
from nas.training.allowance import Allowance, Progress
from nas.training.evaluate import Score
from nas.trial_log.trial_storage import open_for_writing
from nas.trial_log.trials import Trial, TrialLog
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower

ROUND = 8
"""Asked at once, whatever the number of workers, so that it does not change what is found."""
STUDY_NAME = "nas"


@dataclass(frozen=True, slots=True)
class SearchEnd:
    """Why the search ended, after how many trials, and what it turned away: (reason, distinct networks)."""

    why: str
    trials: int
    costed: int
    rejections: tuple[tuple[str, int], ...]


def searched(
    problem: Problem,
    folder: RunFolder,
    workers: Workers,
    calibration: Calibration,
    allowance: Allowance,
    display: Display,
) -> list[Trial]:
    """All trials, after the search has gone on until its end; an interrupted one is played back first.

    Raises:
        ValueError: the trials on record cannot be read, or are those of another study.
        OSError: a trial cannot be recorded.
    """
    where, name = _storage(problem.study, folder)
    log = TrialLog.open(where, name, problem.objectives.names, problem.space.genes)
    _search(_Scoring.begin(problem, workers, calibration, log, allowance), folder, display)
    return log.load()


def complete_trials(problem: Problem, folder: RunFolder) -> list[Trial] | None:
    """The trials of a run whose search has ended; None where it has not, or where its journal lacks some.

    Nothing is written.

    Raises:
        ValueError: the trials cannot be read, or are those of another study.
    """
    if not folder.search.exists():
        return None
    end = read_search_end(folder)
    if problem.study.storage is None and not (folder.journal.is_file() and folder.journal.stat().st_size):
        return None
    where, name = _storage(problem.study, folder)
    trials = TrialLog.view(where, name, problem.objectives.names, problem.space.genes).load()
    return trials if len(trials) >= end.trials else None


def check_storage(study: Study, folder: RunFolder) -> None:
    """Nothing, if a new run can keep its trials where its study says; a database is opened to see.

    Raises:
        BadRun: it holds trials of a run in this folder.
        StorageUnavailable: it cannot be opened.
    """
    if study.storage is None:
        return
    where, name = _storage(study, folder)
    if name in optuna.get_all_study_names(open_for_writing(where)):
        raise BadRun(f"the storage already holds trials of a run at {name}: give another --out")


def _storage(study: Study, folder: RunFolder) -> tuple[Path | str, str]:
    """Where the trials are: in the run's journal, or in the database that the study names."""
    if study.storage is None:
        return folder.journal, STUDY_NAME
    return study.storage, str(folder.path.resolve())


def read_search_end(folder: RunFolder) -> SearchEnd:
    """How the search of a run ended.

    Raises:
        BadRun: the file is missing or damaged.
    """
    saved = read_json(folder.search)
    with sound(folder.search):
        rejections = tuple((reason, count) for reason, count in saved["rejections"])
        return SearchEnd(saved["why"], saved["trials"], saved["costed"], rejections)


@dataclass(frozen=True, eq=False)
class _Scoring:
    """What turns genotypes into trials: those on record are read back, the others scored and recorded.

    `costing` is the search's own, so that what it counts is the same in a search that was interrupted.
    """

    problem: Problem
    costing: Costing
    workers: Workers
    score: ScoreOf
    calibration: Calibration
    log: TrialLog
    recorded: dict[Genotype, Trial]
    progress: Progress

    @classmethod
    def begin(
        cls,
        problem: Problem,
        workers: Workers,
        calibration: Calibration,
        log: TrialLog,
        allowance: Allowance,
    ) -> _Scoring:
        """With the trials that an interrupted search has recorded, and the seconds that they took."""
        recorded = {trial.genotype: trial for trial in log.load()}
        spent = max((trial.seconds for trial in recorded.values()), default=0.0)
        progress = Progress(allowance, seconds=spent)
        score = score_rule(problem.study.score).score
        return cls(problem, problem.costing.afresh(), workers, score, calibration, log, recorded, progress)

    def trials(self, asked: list[Genotype]) -> Iterator[Trial]:
        """One for each asked genotype, in order; new ones are on record before they are given."""
        fresh = [genotype for genotype in asked if genotype not in self.recorded]
        scores = iter(self.workers.map(self.score, [self.costing.graph(genotype) for genotype in fresh]))
        for genotype in asked:
            if genotype not in self.recorded:
                trial = self._trial(genotype, next(scores))
                self.log.record(trial)
                self.recorded[genotype] = trial
            self.progress.step += 1
            yield self.recorded[genotype]

    def _trial(self, genotype: Genotype, result: Score) -> Trial:
        cost = self.costing.cost(genotype)
        sizes = Sizes.of(self.costing.graph(genotype))
        expected_loss = self.calibration.expected_loss(result.loss, sizes)
        return Trial(
            number=len(self.recorded),
            genotype=genotype,
            digest=self.problem.space.digest(genotype),
            objectives=self.problem.objectives.point(expected_loss, cost),
            val_loss=result.loss,
            val_accuracy=result.accuracy,
            cost=cost,
            seconds=self.progress.seconds,
            failure=None if math.isfinite(result.loss) else "its validation loss is not a number",
        )


def _search(scoring: _Scoring, folder: RunFolder, display: Display) -> None:
    """Asks and tells until the allowance is used, or nothing is left to ask."""
    problem, costing, progress = scoring.problem, scoring.costing, scoring.progress
    controller = make_controller(problem.study.controller, _task(problem, costing))
    why, best = "allowance used", 0.0
    while progress.step == 0 or not _ends_before_half_a_round(progress, len(scoring.recorded)):
        # The longest first, so that no worker is left waiting for it.
        asked = sorted(controller.ask(_room(progress)), key=lambda one: -costing.cost(one).macs)
        if not asked:
            why = f"no other network that fits was found, after {progress.step:,}"
            display.say(f"search: {why}")
            break
        for trial in scoring.trials(asked):
            controller.tell(trial.genotype, trial.objectives)
            best = max(best, trial.val_accuracy if trial.failure is None else 0.0)
            counts = f"{progress.step:,} scored, {costing.costed:,} costed"
            display.update(progress.fraction, f"{counts}, best {best:.1%} ({problem.study.score}, int8)")
    rejections = sorted(costing.rejections.items(), key=lambda item: (-item[1], item[0]))
    end = SearchEnd(why, len(scoring.recorded), costing.costed, tuple(rejections))
    write_json(folder.search, asdict(end))


def _task(problem: Problem, costing: Costing) -> Search:
    """The search as a controller is given it; what it looks up is costed, and counted, like all else."""
    objectives = problem.objectives

    def costs(genotypes: Sequence[Genotype]) -> NDArray[np.float64]:
        return np.array([objectives.point(0.0, costing.cost(genotype))[1:] for genotype in genotypes])

    def encode(genotypes: Sequence[Genotype]) -> NDArray[np.float64]:
        return np.array([encoding(lower(problem.space, genotype)) for genotype in genotypes])

    return Search(
        space=problem.space,
        excess=Excess(costing.excess, costing.excess_many),
        rng=random.Random(f"{problem.study.seed}/search"),
        objective_count=len(objectives.names),
        costs=costs,
        encode=encode,
    )


def _ends_before_half_a_round(progress: Progress, scored: int) -> bool:
    """Whether the allowance is used, or a round as long as those before would mostly be beyond it.

    `scored` counts all networks that its seconds were spent on, those of an interrupted search included.
    """
    if progress.allowance.seconds is None:
        return progress.fraction >= 1.0
    return progress.seconds * (1.0 + 0.5 * ROUND / scored) > progress.allowance.seconds


def _room(progress: Progress) -> int:
    steps = progress.allowance.steps
    return ROUND if steps is None else min(ROUND, max(1, steps - progress.step))


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
    volumes = running_hypervolume(points, reference)
    return [(kept[index].seconds, kept[index].number, volumes[index]) for index in moments]
