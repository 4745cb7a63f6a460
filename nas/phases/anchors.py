"""Phase 2: a few middling to large networks are scored and trained for longer: what is a score worth?"""

from __future__ import annotations

import math
import random
import time
from dataclasses import asdict

import numpy as np

from nas.calibration import Anchor, Calibration, Sizes, fit, rank_correlation
from nas.display import Display
from nas.parallel.workers import Workers
from nas.phases.equal_training import Training, losses_after
from nas.phases.finalist_training import Assignment, train_assignment
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json
from nas.scores.by_name import score_rule
from nas.scores.context import ScoringContext
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext, TrainedFinalist
from search_spaces.genotype import Genotype

ANCHORS = 14
DRAWN = 2000
SMALLEST_PERCENTILE = 0.5


def calibrated(
    problem: Problem, folder: RunFolder, workers: Workers, allowance: Allowance, display: Display
) -> Calibration:
    """The rule, fitted now or on the anchors in the run folder.

    `workers` hold the `ScoringContext` of the search; `allowance` holds seconds for all anchors together, or
    steps for each.

    Raises:
        BadRun: the saved anchors are damaged.
    """
    if not folder.anchors.exists():
        anchors = _trained(problem, workers, allowance, display)
        write_json(folder.anchors, [asdict(anchor) for anchor in anchors])
    anchors = read_anchors(folder)
    if (tau := rank_correlation(anchors)) is not None:
        display.say(
            f"score: Kendall's tau over {tau.anchors} anchors: score {tau.scored_loss:.2f}, "
            f"parameters {tau.parameters:.2f}, expected loss {tau.expected_loss:.2f} (each left out in turn)"
        )
    return fit(anchors)


def read_anchors(folder: RunFolder) -> list[Anchor]:
    """The anchors of a run.

    Raises:
        BadRun: they are missing or damaged.
    """
    rows = read_json(folder.anchors)
    with sound(folder.anchors):
        return [Anchor(**{**row, "sizes": Sizes(**row["sizes"])}) for row in rows]


def spread(problem: Problem, rng: random.Random) -> list[Genotype]:
    """Genotypes that fit, evenly spaced in log(parameters x MACs) over the upper half of its range.

    A search ends among large networks, and a rule that has to hold for the smallest as well ranks those worse
    (README, "Ranking"). The one with the largest product is the last.
    """
    drawn = {problem.sampler.draw(rng): None for _ in range(DRAWN)}
    drawn[problem.largest] = None
    sizes = {one: math.log(max(1, Sizes.of(problem.costing.graph(one)).product)) for one in drawn}
    most = max(sizes.values())
    middle = 0.5 * (most + float(np.percentile(list(sizes.values()), SMALLEST_PERCENTILE)))
    chosen: list[Genotype] = []
    for wanted in np.linspace(most, middle, min(ANCHORS, len(drawn))):
        chosen.append(min(sizes, key=lambda one: abs(sizes[one] - wanted)))
        del sizes[chosen[-1]]
    return chosen[::-1]


def train_anchor(context: ScoringContext, assignment: Assignment) -> TrainedFinalist:
    """Trains one anchor as finalists are, in a worker; from the shared weights, where there are any."""
    bank = context.bank if context.bank.slots else None
    return train_assignment(FinalistContext(bank, context.stream, context.validation), assignment)


def _trained(problem: Problem, workers: Workers, allowance: Allowance, display: Display) -> list[Anchor]:
    began = time.monotonic()
    genotypes = spread(problem, random.Random(f"{problem.study.seed}/anchors"))
    graphs = [problem.costing.graph(genotype) for genotype in genotypes]
    score = score_rule(problem.study.score).score
    scored = [result.loss for result in workers.map(score, graphs)]
    training = Training(train_anchor, allowance.less(time.monotonic() - began), "anchors")
    losses = losses_after(problem, genotypes, workers, training, display)
    return [
        Anchor(problem.space.digest(genotype), scored[index], Sizes.of(graphs[index]), losses[index])
        for index, genotype in enumerate(genotypes)
    ]
