"""Several networks trained for equally many steps within an allowance: what each of them comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nas.calibration import Sizes
from nas.display import Display
from nas.phases.finalist_training import Assignment
from nas.phases.finalists import share_out, step_seconds
from nas.problem import Problem
from nas.training.allowance import Allowance
from nas.training.finalist import TrainedFinalist
from nas.workers import Workers, parallel_count
from search_spaces.genotype import Genotype

Train = Callable[[Any, Assignment], TrainedFinalist]


def losses_in_int8(
    problem: Problem,
    genotypes: Sequence[Genotype],
    workers: Workers,
    train: Train,
    allowance: Allowance,
    display: Display,
    what: str,
) -> list[float]:
    """On validation, after training each; `allowance` holds seconds for all together, or steps for each.

    `what` are they, for the display. The longest trainings begin first.
    """
    graphs = [problem.costing.graph(genotype) for genotype in genotypes]
    allowances = _allowances(problem, genotypes, allowance)
    order = sorted(range(len(graphs)), key=lambda index: -Sizes.of(graphs[index]).macs)
    assignments = [Assignment(graphs[index], allowances[index], problem.study.seed) for index in order]
    losses: dict[int, float] = {}
    for index, result in zip(order, workers.map(train, assignments), strict=True):
        losses[index] = result.int8_score.loss
        display.update(len(losses) / len(order), f"{len(losses)} of {len(order)} {what} trained")
    return [losses[index] for index in range(len(graphs))]


def _allowances(problem: Problem, genotypes: Sequence[Genotype], allowance: Allowance) -> list[Allowance]:
    if allowance.seconds is None:
        return [allowance] * len(genotypes)
    timed = [step_seconds(problem, genotype) for genotype in genotypes]
    shares = share_out(timed, allowance.seconds, parallel_count(problem.study.workers))
    return [Allowance(seconds=share) for share in shares]
