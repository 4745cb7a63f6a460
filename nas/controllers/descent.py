"""Walks through a space towards less excess over a budget."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nas.controllers.excess import Excess
from nas.costing.population import Population, genotype_of
from search_spaces.genotype import Genotype
from search_spaces.space import NoNeighbour, SearchSpace

POPULATION = 512
"""Genotypes that are drawn and costed together, which takes about as long as a hundred one by one."""
STARTS = 6
WALK_STEPS = 200
PASSES = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Where a walk ended, and how far that is over the budget."""

    genotype: Genotype
    excess: float

    @property
    def fits(self) -> bool:
        """Whether the genotype is within budget."""
        return self.excess <= 0


def neighbour(space: SearchSpace, genotype: Genotype, rng: random.Random) -> Genotype | None:
    """A mutant, or None where the space holds no second genotype near this one."""
    try:
        return space.mutate(genotype, rng)
    except NoNeighbour:
        return None


def walk(
    space: SearchSpace,
    start: Found,
    excess: Excess,
    rng: random.Random,
    steps: int = WALK_STEPS,
    may_enter: Callable[[Genotype], bool] | None = None,
) -> Found:
    """Mutates `start` step by step, never to a higher excess, until it fits or the steps are used up.

    Steps to an equal excess are taken: where two ops share the peak, one of them must shrink first.
    `may_enter` closes parts of the space to the walk.
    """
    here = start
    for _ in range(steps):
        mutant = None if here.fits else neighbour(space, here.genotype, rng)
        if mutant is None:
            break
        if may_enter is None or may_enter(mutant):
            there = Found(mutant, excess(mutant))
            here = there if there.excess <= here.excess else here
    return here


def least_of_many(space: SearchSpace, excess: Excess, rng: random.Random, count: int) -> list[Found]:
    """The `count` samples with the least excess among `POPULATION`, the least first.

    Those that fit are alike, in the order in which they were drawn: the first is a sample of what fits.
    """
    drawn = Population(space).sample(rng, POPULATION)
    excesses = excess.of_many(drawn)
    order = np.argsort(np.maximum(excesses, 0), kind="stable")[:count]
    return [Found(genotype_of(drawn[row]), float(excesses[row])) for row in order]


def smallest(space: SearchSpace, excess: Excess, rng: random.Random) -> Found:
    """The genotype with the least excess that a few long walks find, the first that fits if one does.

    They begin at the best of many samples. Each walk's end is improved gene by gene until no single gene
    helps. About `STARTS` x 1,000 calls of `excess` where nothing fits.
    """
    best: Found | None = None
    for start in least_of_many(space, excess, rng, STARTS):
        found = walk(space, start, excess, rng)
        found = _improve_gene_by_gene(space, found, excess, rng)
        best = found if best is None or found.excess < best.excess else best
        if best.fits:
            break
    assert best is not None
    return best


def _improve_gene_by_gene(space: SearchSpace, start: Found, excess: Excess, rng: random.Random) -> Found:
    here = start
    for _ in range(PASSES):
        before = here
        for place, choices in enumerate(space.allowed):
            for value in choices:
                if here.fits:
                    return here
                genotype = space.with_gene(here.genotype, place, value, rng)
                if genotype != here.genotype:
                    here = min(here, Found(genotype, excess(genotype)), key=lambda found: found.excess)
        if here == before:
            break
    return here
