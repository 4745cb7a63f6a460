"""Candidates that fit and are new, many at a time, for controllers that choose among them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from nas.controllers.descent import neighbour
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.costing.population import Population, genotype_of
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

DRAWN = 2_400
"""Costed, encoded and looked at by a model within half a second."""
MUTANTS_A_PARENT = 12
PARENTS = 16


class Pool:
    """Gives candidates of one space: random ones, and mutants of the best so far."""

    def __init__(self, space: SearchSpace, excess: Excess) -> None:
        self._space = space
        self._excess = excess
        self._sampler = FeasibleSampler(space, excess)
        self._population = Population(space)

    def candidates(
        self, parents: Sequence[Genotype], seen: Collection[Genotype], rng: random.Random
    ) -> list[Genotype]:
        """Distinct genotypes that fit and are not among `seen`; none where the bounded search finds none.

        Raises:
            InfeasibleBudget: nothing is seen yet and nothing fits.
        """
        drawn = self._population.sample(rng, DRAWN)
        fitting = drawn[self._excess.of_many(drawn) <= 0]
        found = dict.fromkeys(genotype_of(row) for row in fitting)
        for parent in parents[:PARENTS]:
            found.update(dict.fromkeys(self._mutants(parent, rng)))
        new = [genotype for genotype in found if genotype not in seen]
        if new:
            return new
        last = self._sampler.draw_new(seen, rng)
        return [] if last is None else [last]

    def _mutants(self, parent: Genotype, rng: random.Random) -> list[Genotype]:
        near = (neighbour(self._space, parent, rng) for _ in range(MUTANTS_A_PARENT))
        return [genotype for genotype in near if genotype is not None and self._excess(genotype) <= 0]
