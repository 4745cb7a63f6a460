"""Random search: genotypes that fit, drawn independently. The baseline that every other controller must beat.

Source: Li and Talwalkar 2019, "Random search and reproducibility for neural architecture search".
"""

from __future__ import annotations

import random

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.controllers.ledger import Ledger
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace


class RandomSearch:
    """Draws without looking at any score."""

    def __init__(self, space: SearchSpace, excess: Excess, rng: random.Random) -> None:
        self._sampler = FeasibleSampler(space, excess)
        self._rng = rng
        self._ledger = Ledger()

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`."""
        return self._ledger.collect(count, self._propose)

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """See `Controller.tell`."""
        self._ledger.settle(genotype, objectives)

    def _propose(self) -> Genotype | None:
        return self._sampler.draw_new(self._ledger.asked, self._rng)


def controller(search: Search) -> RandomSearch:
    """As a study names it."""
    return RandomSearch(search.space, search.excess, search.rng)
