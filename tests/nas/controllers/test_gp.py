from __future__ import annotations

import random

from nas.controllers.gp import Gp
from nas.controllers.random_search import RandomSearch
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


def covered(controller: Gp | RandomSearch, trials: int) -> float:
    points: list[tuple[float, ...]] = []
    while len(points) < trials:
        for genotype in controller.ask(4):
            controller.tell(genotype, objectives(genotype))
            points.append(objectives(genotype))
    return hypervolume(points, (1.0, 1.0))


def test_gaussian_processes_cover_clearly_more_than_random_search_does() -> None:
    ours = [covered(Gp(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    assert sum(ours) > 1.08 * sum(chance)
