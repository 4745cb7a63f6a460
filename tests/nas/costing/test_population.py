from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from nas.costing.population import Population, genotype_of
from search_spaces.enumeration import every_genotype
from search_spaces.space import SearchSpace
from tests.graphs import preset_spaces
from tests.spaces import every_family_space, one_stage_space, single_space

SPACES = (*preset_spaces(), every_family_space(), one_stage_space(), single_space())


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"{space.name}-{space.resolutions[0]}")
def test_rows_are_made_canonical_as_genotypes_are(space: SearchSpace):
    rng = random.Random(0)
    drawn = [[rng.randrange(gene.choices) for gene in space.genes] for _ in range(300)]
    rows = Population(space).canonical(np.array(drawn))
    assert [genotype_of(row) for row in rows] == [space.canonical(genes) for genes in drawn]


def test_a_population_is_drawn_as_single_genotypes_are():
    space = one_stage_space().trimmed([(0,), (0, 1), (0,), (1,), (0, 2), (0, 1), (0,), (0, 1), (0, 1, 2)])
    rng = random.Random(3)
    together = Counter(genotype_of(row) for row in Population(space).sample(rng, 20_000))
    single = Counter(space.sample(rng) for _ in range(20_000))
    assert set(together) == set(single) == set(every_genotype(space))
    # Two binomial counts of one probability differ by more than six deviations once in 10^8 or so.
    assert all(abs(together[one] - single[one]) < 6 * (2 * single[one]) ** 0.5 for one in single)


def test_one_seed_draws_one_population():
    population = Population(every_family_space())
    drawn = [population.sample(random.Random(seed), 50).tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
