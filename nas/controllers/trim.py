"""Leaves out of a space what no network within budget can use."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from nas.controllers.descent import Found, smallest, walk
from nas.controllers.excess import Excess
from nas.controllers.feasible import InfeasibleBudget
from nas.costing.population import Population, genotype_of
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

ANCHORS = 4
POPULATION = 2048
MOST_WITNESSES = 256
HELD_STEPS = 200
REMEMBERED_COSTS = 1 << 16


def trim(space: SearchSpace, excess: Excess, rng: random.Random) -> SearchSpace:
    """The space without the choices for which a bounded descent finds nothing that fits.

    A choice is kept as soon as one genotype that uses it fits, and every genotype that is found to fit speaks
    for all the choices it uses; the first are those of a population. For choices that are left, the choice is
    put into the latest genotypes that fit and, if
    none of those still fits, held while the rest is walked towards less excess. A choice that only fits in
    company which the walk misses is dropped: the trimmed space is never empty, but may lack a rare network.

    Raises:
        InfeasibleBudget: the bounded search finds nothing that fits.
    """
    first = smallest(space, excess, rng)
    if not first.fits:
        raise InfeasibleBudget(space, first)
    witnesses = _Witnesses(space, first.genotype)
    drawn = Population(space).sample(rng, POPULATION)
    for row in drawn[excess.of_many(drawn) <= 0][:MOST_WITNESSES]:
        witnesses.add(genotype_of(row))
    remembered = replace(excess, of=lru_cache(maxsize=REMEMBERED_COSTS)(excess.of))
    for place, choices in enumerate(space.allowed):
        for value in choices:
            if value not in witnesses.kept[place]:
                found = _fitting(space, place, value, witnesses, remembered, rng)
                if found is not None:
                    witnesses.add(found)
    return space.trimmed(witnesses.allowed())


class _Witnesses:
    """Genotypes that fit, and the choices that they use."""

    def __init__(self, space: SearchSpace, first: Genotype) -> None:
        self._space = space
        self.kept: list[set[int]] = [set() for _ in space.genes]
        self.latest: deque[Genotype] = deque(maxlen=ANCHORS)
        self.add(first)

    def add(self, genotype: Genotype) -> None:
        """Keeps all choices of a genotype that fits."""
        self.latest.append(genotype)
        active = self._space.active(genotype)
        for kept, value, is_active in zip(self.kept, genotype.genes, active, strict=True):
            if is_active:
                kept.add(value)

    def allowed(self) -> list[list[int]]:
        """The kept choices; a gene that no genotype uses keeps its first, which nothing will ask for."""
        return [
            sorted(kept) or [choices[0]] for kept, choices in zip(self.kept, self._space.allowed, strict=True)
        ]


def _fitting(
    space: SearchSpace, place: int, value: int, witnesses: _Witnesses, excess: Excess, rng: random.Random
) -> Genotype | None:
    """A genotype that fits and holds `value` at `place`."""
    starts: list[Found] = []
    for anchor in witnesses.latest:
        for genotype in _holding(space, anchor, place, value, witnesses.kept, rng):
            found = Found(genotype, excess(genotype))
            if found.fits:
                return genotype
            starts.append(found)
    if not starts:
        return None

    def holds(genotype: Genotype) -> bool:
        return _holds(space, genotype, place, value)

    nearest = min(starts, key=lambda found: found.excess)
    end = walk(space, nearest, excess, rng, HELD_STEPS, holds)
    return end.genotype if end.fits else None


def _holding(
    space: SearchSpace, anchor: Genotype, place: int, value: int, kept: list[set[int]], rng: random.Random
) -> Iterator[Genotype]:
    """The anchor with the value put in; where that does not show there, with a kept choice that lets it show.

    It does not where the gene sleeps, or where the block is equal to another at the anchor's width. Depth and
    width stand before the genes that they rule: which of their choices are kept is known by then.
    """
    for awake in _with_kept(space, anchor, kept[:place], rng, lambda genotype: space.active(genotype)[place]):

        def shows(genotype: Genotype) -> bool:
            return _holds(space, space.with_gene(genotype, place, value, rng), place, value)

        for ready in _with_kept(space, awake, kept[:place], rng, shows):
            yield space.with_gene(ready, place, value, rng)


def _with_kept(
    space: SearchSpace,
    start: Genotype,
    kept: list[set[int]],
    rng: random.Random,
    claim: Callable[[Genotype], bool],
) -> Iterator[Genotype]:
    """The start if the claim is true of it, else whatever one kept choice makes of it that it is true of."""
    if claim(start):
        yield start
        return
    for place, choices in enumerate(kept):
        for choice in sorted(choices):
            genotype = space.with_gene(start, place, choice, rng)
            if claim(genotype):
                yield genotype


def _holds(space: SearchSpace, genotype: Genotype, place: int, value: int) -> bool:
    return space.active(genotype)[place] and genotype.genes[place] == value
