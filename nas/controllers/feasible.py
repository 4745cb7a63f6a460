"""Genotypes within budget, drawn before anything is trained."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from nas.controllers.descent import Found, least_of_many, neighbour, smallest, walk
from nas.controllers.excess import Excess
from search_spaces.enumeration import every_genotype
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

ENUMERABLE = 2_000
LISTED_AT_LAST = 300_000
"""Genotypes of a space that is listed once no new one is found by chance: a second or two."""
REMEMBERED_COSTS = 1 << 16
SAMPLES = 16
WALKS = 4
DRAWS = 4
MUTANTS = 64


class InfeasibleBudget(ValueError):
    """Nothing in the space was found to fit; `nearest` exceeds the budget least, by `excess`.

    `least` says in words the smallest costs that the space reaches, once somebody has worked them out.
    """

    def __init__(self, space: SearchSpace, nearest: Found, least: str = "") -> None:
        reached = (
            f"the smallest it reaches is {least}"
            if least
            else f"the nearest exceeds it by {nearest.excess:.1%}"
        )
        super().__init__(
            f"no network of space {space.name} was found to fit the budget: {reached}; "
            "raise the budget, or offer narrower widths, fewer blocks or a lower resolution"
        )
        self.nearest = nearest.genotype
        self.excess = nearest.excess


class FeasibleSampler:
    """Draws genotypes that fit; a space of up to `enumerable` genotypes is listed, larger ones are walked.

    Of a space of up to `LISTED_AT_LAST` none that fits is missed: it is listed when chance finds no more.
    """

    def __init__(self, space: SearchSpace, excess: Excess, enumerable: int = ENUMERABLE) -> None:
        self.space = space
        self._excess = replace(excess, of=lru_cache(maxsize=REMEMBERED_COSTS)(excess.of))
        self._listed = _list_fitting(space, self._excess) if space.count() <= enumerable else None

    def fits(self, genotype: Genotype) -> bool:
        """Whether a genotype is within budget."""
        return self._excess(genotype) <= 0

    def draw(self, rng: random.Random) -> Genotype:
        """A genotype that fits: a sample, else a sample walked towards less excess.

        Samples are uniform over the choices that fit as long as one in a few hundred samples fits at all;
        where the budget is tighter, walks end near its edge.

        Raises:
            InfeasibleBudget: the bounded search found nothing.
        """
        if self._listed:
            return rng.choice(self._listed)
        found = self._search(rng, WALKS) if self._listed is None else None
        if found is None or not found.fits:
            found = smallest(self.space, self._excess, rng)
        if not found.fits:
            raise InfeasibleBudget(self.space, found)
        return found.genotype

    def draw_new(self, seen: Collection[Genotype], rng: random.Random) -> Genotype | None:
        """A genotype that fits and is not among `seen` (ordered); None where the bounded search finds none.

        Raises:
            InfeasibleBudget: nothing is seen yet and nothing fits.
        """
        if not seen:
            return self.draw(rng)
        found = self._by_chance(seen, rng) if self._listed is None else None
        if found is None and self._listed is None and self.space.count() <= LISTED_AT_LAST:
            self._listed = _list_fitting(self.space, self._excess)
        if found is not None or self._listed is None:
            return found
        left = [genotype for genotype in self._listed if genotype not in seen]
        return rng.choice(left) if left else None

    def _by_chance(self, seen: Collection[Genotype], rng: random.Random) -> Genotype | None:
        for _ in range(DRAWS):
            found = self._search(rng, walks=1)
            if found.fits and found.genotype not in seen:
                return found.genotype
        return self.mutant_of_any(list(seen), seen, rng)

    def mutant_of_any(
        self, parents: Sequence[Genotype], seen: Collection[Genotype], rng: random.Random
    ) -> Genotype | None:
        """A mutant of one of the parents that fits and is not among `seen`; None after `MUTANTS` misses."""
        for _ in range(MUTANTS if parents else 0):
            mutant = neighbour(self.space, rng.choice(parents), rng)
            if mutant is not None and mutant not in seen and self.fits(mutant):
                return mutant
        return None

    def _search(self, rng: random.Random, walks: int) -> Found:
        """The first of a few samples that fits, else of many, else the end of the best of a few walks."""
        for _ in range(SAMPLES):
            genotype = self.space.sample(rng)
            if self.fits(genotype):
                return Found(genotype, self._excess(genotype))
        (best,) = least_of_many(self.space, self._excess, rng, 1)
        for _ in range(0 if best.fits else walks):
            best = min(best, walk(self.space, best, self._excess, rng), key=lambda found: found.excess)
            if best.fits:
                break
        return best


def _list_fitting(space: SearchSpace, excess: Excess) -> tuple[Genotype, ...]:
    genotypes = list(every_genotype(space))
    fits = excess.of_many(np.array([genotype.genes for genotype in genotypes])) <= 0
    return tuple(genotype for genotype, it_fits in zip(genotypes, fits, strict=True) if it_fits)
