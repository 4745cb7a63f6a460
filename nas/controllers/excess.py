"""How far genotypes are over their budget: what every walk descends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.costing.population import Matrix, genotype_of
from search_spaces.genotype import Genotype


@dataclass(frozen=True, slots=True)
class Excess:
    """In any unit: 0 or less fits. Both are pure functions, as answers are remembered, and agree.

    `of_many` takes canonical genotypes, (genotypes, genes); it is the faster one from about fifty on.
    """

    of: Callable[[Genotype], float]
    of_many: Callable[[Matrix], NDArray[np.float64]]

    def __call__(self, genotype: Genotype) -> float:
        """That of one genotype."""
        return self.of(genotype)

    @classmethod
    def one_by_one(cls, of: Callable[[Genotype], float]) -> Excess:
        """For many, each is asked."""
        return cls(of, lambda genotypes: np.array([of(genotype_of(row)) for row in genotypes], dtype=float))
