"""How long candidates are trained, where the score trains: settled once, so that all are treated alike."""

from __future__ import annotations

import math
import random
import statistics

from nas.networks.weight_bank import WeightBank
from nas.parallel.workers import parallel_count
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json
from nas.scores.by_name import score_rule
from nas.scores.context import ScoringContext
from nas.time_plan import CANDIDATE_PART
from nas.training.allowance import Allowance
from nas.training.step_time import step_seconds

TIMED = 8
USUAL_SECONDS = 1200.0
"""In as much of a search, of one core, a rule's number of candidates is to be scored; of more time, half goes
to more candidates and half to longer training."""
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
    steps = _settled(problem, folder, allowance) if score_rule(problem.study.score).trains else 0
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


def scored_how(problem: Problem, folder: RunFolder) -> str:
    """In words, to go after "scored" or "loss".

    Raises:
        BadRun: how long candidates are trained is not on record.
    """
    rule = score_rule(problem.study.score)
    if not rule.trains:
        return "with the supernet's shared weights"
    start = "the supernet's weights" if rule.shares.supernet > 0 else "random weights"
    return f"after {read_candidate_steps(folder):,} training steps from {start}"


def _steps(problem: Problem, allowance: Allowance) -> int:
    study = problem.study
    if study.steps is not None:
        return max(1, study.steps.finalist // CANDIDATE_PART)
    assert allowance.seconds is not None
    # What a cluster has more than this machine, which nobody knows yet, goes to more candidates.
    core_seconds = allowance.seconds * parallel_count(study.workers)
    candidates = score_rule(study.score).candidates * math.sqrt(core_seconds / USUAL_SECONDS)
    return steps_each(core_seconds / candidates, _usual_step(problem), _looks(problem))


def steps_each(seconds: float, step_seconds: float, looks: float) -> int:
    """How many steps a candidate gets in so many seconds; `looks` are steps' worth of looking at it."""
    return min(MOST_STEPS, max(LEAST_STEPS, round(seconds / step_seconds - looks)))


def _looks(problem: Problem) -> float:
    return LOOK_PART * problem.study.score_images / problem.study.batch_size


def _usual_step(problem: Problem) -> float:
    """Seconds of a step, the mean over the larger half of a few networks: those that a search turns to."""
    rng = random.Random(f"{problem.study.seed}/candidates")
    drawn = [problem.sampler.draw(rng) for _ in range(2 * TIMED)]
    larger = sorted(drawn, key=lambda genotype: problem.costing.cost(genotype).macs)[TIMED:]
    stream = problem.stream()
    return statistics.fmean(step_seconds(stream, problem.costing.graph(genotype)) for genotype in larger)
