"""Regularized (ageing) evolution, for several objectives.

Source: Real et al. 2019, "Regularized evolution for image classifier architecture search", algorithm 1: the
population is a queue; the best of a random sample of it is mutated; the child enters and the oldest leaves,
however good it is, so that one lucky noisy score cannot rule the search.

With several objectives "best" is any member of the sample's front, drawn by chance: the crowded comparison of
NSGA-II would take its ends alone, and random weights would need objectives on one scale.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.controllers.ledger import Ledger
from nas.pareto import non_dominated
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

# The paper's 100 and 25 are for 20,000 trials; a search here scores a few hundred. The ratio is the paper's.
POPULATION_SIZE = 32
SAMPLE_SIZE = 8


@dataclass(frozen=True, slots=True)
class Member:
    """One of the population: a genotype and what it scored."""

    genotype: Genotype
    objectives: tuple[float, ...]


class RegularizedEvolution:
    """The first `population_size` asks are random; then each is a mutant of a tournament's winner.

    Raises:
        ValueError: the population holds nothing, or the sample is not a part of it.
    """

    def __init__(
        self,
        space: SearchSpace,
        excess: Excess,
        rng: random.Random,
        *,
        population_size: int = POPULATION_SIZE,
        sample_size: int = SAMPLE_SIZE,
    ) -> None:
        if not 1 <= sample_size <= population_size:
            raise ValueError(
                f"sample_size must be between 1 and population_size = {population_size}, got {sample_size}"
            )
        self._sampler = FeasibleSampler(space, excess)
        self._rng = rng
        self._ledger = Ledger()
        self._population: deque[Member] = deque(maxlen=population_size)
        self._random_asks = population_size
        self._sample_size = sample_size

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`."""
        return self._ledger.collect(count, self._propose)

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """See `Controller.tell`."""
        if self._ledger.settle(genotype, objectives):
            self._population.append(Member(genotype, objectives))

    def _propose(self) -> Genotype | None:
        seen = self._ledger.asked
        if len(seen) < self._random_asks or not self._population:
            return self._sampler.draw_new(seen, self._rng)
        child = self._sampler.mutant_of_any([self._parent()], seen, self._rng)
        return child or self._sampler.draw_new(seen, self._rng)

    def _parent(self) -> Genotype:
        sample = self._rng.sample(list(self._population), min(self._sample_size, len(self._population)))
        front = non_dominated([member.objectives for member in sample])
        return sample[self._rng.choice(front)].genotype


def controller(search: Search) -> RegularizedEvolution:
    """As a study names it."""
    return RegularizedEvolution(search.space, search.excess, search.rng)
