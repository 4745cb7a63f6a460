"""Which genotypes a controller has asked for, and which of them still wait for their score."""

from __future__ import annotations

import math
from collections.abc import Callable

from search_spaces.genotype import Genotype


class Ledger:
    """Keeps a controller from asking anything twice and from being told what it never asked."""

    def __init__(self) -> None:
        self.asked: dict[Genotype, None] = {}
        self._waiting: set[Genotype] = set()
        self._objective_count: int | None = None

    def collect(self, count: int, propose: Callable[[], Genotype | None]) -> list[Genotype]:
        """Calls `propose` up to `count` times, or until it finds nothing new, and notes what it gave."""
        found: list[Genotype] = []
        while len(found) < count:
            genotype = propose()
            if genotype is None:
                break
            self.asked[genotype] = None
            self._waiting.add(genotype)
            found.append(genotype)
        return found

    def settle(self, genotype: Genotype, objectives: tuple[float, ...]) -> bool:
        """Notes a score; says whether every objective is finite, so that the genotype may be a parent.

        Raises:
            ValueError: the genotype does not wait for a score, or the number of objectives has changed.
        """
        if genotype not in self._waiting:
            raise ValueError(f"{genotype.genes} was not asked for, or was told before: tell each ask once")
        expected = self._objective_count or len(objectives)
        if not objectives or len(objectives) != expected:
            raise ValueError(f"every score must hold {max(expected, 1)} objectives, got {objectives}")
        self._objective_count = expected
        self._waiting.remove(genotype)
        return all(math.isfinite(value) for value in objectives)
