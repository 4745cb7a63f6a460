"""How long candidates are trained, where the score trains: settled once, so that all are treated alike."""

from __future__ import annotations

import math
import random
import statistics

from nas.networks.weight_bank import WeightBank
from nas.phases.finalists import step_seconds
from nas.problem import Problem
from nas.run_folder import RunFolder, read_json, sound, write_json
from nas.scores.by_name import score_rule
from nas.scores.context import ScoringContext
from nas.time_plan import CANDIDATE_PART
from nas.training.allowance import Allowance
from nas.workers import parallel_count

TIMED = 8
CANDIDATES = 80
"""As many are to be scored in `USUAL_SECONDS`; of more time, half goes to more and half to longer ones."""
USUAL_SECONDS = 1200.0
LEAST_STEPS = 32
MOST_STEPS = 1000
LOOK_PART = 0.5
"""A batch that a candidate is looked at on takes this part of a training step."""


def scoring_context(
    problem: Problem, folder: RunFolder, bank: WeightBank, allowance: Allowance
) -> ScoringContext:
    """What the candidates of this search are scored with; `allowance` is that of the search.

    Raises:
        BadRun: what was settled before is damaged.
    """
    trains = score_rule(problem.study.score).trains
    steps = _settled(problem, folder, allowance) if trains else 0
    validation = problem.validation_images().first(problem.study.score_images)
    return ScoringContext(bank, problem.stream(), validation, steps)


def _settled(problem: Problem, folder: RunFolder, allowance: Allowance) -> int:
    if not folder.candidates.exists():
        write_json(folder.candidates, {"steps": _steps(problem, allowance)})
    return read_candidate_steps(folder)


def read_candidate_steps(folder: RunFolder) -> int:
    """How long the candidates of a run are trained.

    Raises:
        BadRun: the file is missing or damaged.
    """
    saved = read_json(folder.candidates)
    with sound(folder.candidates):
        return int(saved["steps"])


def _steps(problem: Problem, allowance: Allowance) -> int:
    study = problem.study
    if study.steps is not None:
        return max(1, study.steps.finalist // CANDIDATE_PART)
    assert allowance.seconds is not None
    return steps_each(
        allowance.seconds * parallel_count(study.workers), _usual_step(problem), _looks(problem)
    )


def steps_each(core_seconds: float, step_seconds: float, looks: float) -> int:
    """How many steps each candidate gets; `looks` are steps' worth of looking at it."""
    candidates = CANDIDATES * math.sqrt(core_seconds / USUAL_SECONDS)
    steps = core_seconds / candidates / step_seconds - looks
    return min(MOST_STEPS, max(LEAST_STEPS, round(steps)))


def _looks(problem: Problem) -> float:
    return LOOK_PART * problem.study.score_images / problem.study.batch_size


def _usual_step(problem: Problem) -> float:
    """Seconds of a step, the mean over the larger half of a few networks: those that a search turns to."""
    rng = random.Random(f"{problem.study.seed}/candidates")
    drawn = [problem.sampler.draw(rng) for _ in range(2 * TIMED)]
    larger = sorted(drawn, key=lambda genotype: problem.costing.cost(genotype).macs)[TIMED:]
    return statistics.fmean(step_seconds(problem, genotype) for genotype in larger)
