"""How much of a synthetic problem's hypervolume a controller covers: what its learning is judged by."""

from __future__ import annotations

import random

from nas.controllers.controller import Controller
from nas.pareto import hypervolume
from search_spaces.genotype import Genotype
from tests.spaces import large_space, weights, weights_over

SPACE = large_space()
TARGET = SPACE.sample(random.Random(100))
EXCESS = weights_over(SPACE, 60_000)


def objectives(genotype: Genotype) -> tuple[float, float]:
    """How many genes differ from the target's, and the size; both as parts of the most there is."""
    rows = zip(genotype.genes, TARGET.genes, strict=True)
    return sum(a != b for a, b in rows) / len(TARGET.genes), weights(SPACE, genotype) / 60_000


def covered(controller: Controller, trials: int) -> float:
    points: list[tuple[float, ...]] = []
    while len(points) < trials and (asked := controller.ask(4)):
        for genotype in asked:
            controller.tell(genotype, objectives(genotype))
            points.append(objectives(genotype))
    return hypervolume(points, (1.0, 1.0))
