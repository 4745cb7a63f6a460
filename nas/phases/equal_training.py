"""Several networks trained for equally many steps within an allowance: the loss that each comes to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nas.display import Display
from nas.networks.fake_quantized import UnboundedActivation
from nas.parallel.workers import Workers
from nas.phases.finalist_training import Assignment
from nas.phases.finalists import share_out
from nas.problem import Problem
from nas.training.allowance import Allowance
from nas.training.divergence import TrainingDiverged
from nas.training.finalist import TrainedFinalist
from nas.training.step_time import step_seconds
from search_spaces.genotype import Genotype

Train = Callable[[Any, Assignment], TrainedFinalist]


@dataclass(frozen=True, slots=True)
class Training:
    """How it is done, and `of` whom, in words; seconds for all together, or steps for each."""

    train: Train
    allowance: Allowance
    of: str


@dataclass(frozen=True, slots=True)
class LossAfter:
    """Trains in a worker; the loss in int8 on validation, NaN where training blew up."""

    train: Train

    def __call__(self, context: object, assignment: Assignment) -> float:
        """`context` is what the worker holds."""
        try:
            return self.train(context, assignment).int8_score.loss
        except (TrainingDiverged, UnboundedActivation):
            return math.nan


def losses_after(
    problem: Problem,
    genotypes: Sequence[Genotype],
    workers: Workers,
    training: Training,
    display: Display,
) -> list[float]:
    """One for each; the longest trainings begin first."""
    allowances = _allowances(problem, genotypes, workers.count, training.allowance)
    lengths = [
        (allowances[at].seconds or 0.0, problem.costing.cost(genotype).macs)
        for at, genotype in enumerate(genotypes)
    ]
    order = sorted(range(len(genotypes)), key=lengths.__getitem__, reverse=True)
    assignments = [
        Assignment(problem.costing.graph(genotypes[at]), allowances[at], problem.study.seed) for at in order
    ]
    losses: dict[int, float] = {}
    for at, loss in zip(order, workers.map(LossAfter(training.train), assignments), strict=True):
        losses[at] = loss
        display.update(len(losses) / len(order), f"{len(losses)} of {len(order)} {training.of} trained")
    return [losses[at] for at in range(len(genotypes))]


def _allowances(
    problem: Problem, genotypes: Sequence[Genotype], workers: int, allowance: Allowance
) -> list[Allowance]:
    """Equally many steps for each; the time that timing them takes is part of the allowance."""
    if allowance.seconds is None:
        return [allowance] * len(genotypes)
    began = time.monotonic()
    stream = problem.stream()
    timed = [step_seconds(stream, problem.costing.graph(genotype)) for genotype in genotypes]
    left = allowance.less(time.monotonic() - began).seconds
    assert left is not None
    return [Allowance(seconds=share) for share in share_out(timed, left, workers)]
