"""Genotypes as rows of an integer matrix: drawn and made canonical together."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

Matrix = NDArray[np.int64]


class Population:
    """Draws matrices of canonical genotypes of one space, (genotypes, genes)."""

    def __init__(self, space: SearchSpace) -> None:
        self._allowed = [np.array(choices, dtype=np.int64) for choices in space.allowed]
        self._stages = space.stages
        self._firsts = [np.array(firsts, dtype=np.int64) for firsts in space.first_equal]

    def sample(self, rng: random.Random, count: int) -> Matrix:
        """So many genotypes, every allowed choice of every gene equally likely, as `SearchSpace.sample`."""
        generator = np.random.default_rng(rng.getrandbits(64))
        genes = [choices[generator.integers(0, len(choices), count)] for choices in self._allowed]
        return self.canonical(np.stack(genes, axis=1))

    def canonical(self, genes: Matrix) -> Matrix:
        """As `SearchSpace.canonical`, row by row."""
        kept = genes.copy()
        at = 4
        for stage, firsts in zip(self._stages, self._firsts, strict=True):
            depths = np.array(stage.depths)[genes[:, at]]
            width = genes[:, at + 1]
            for offset in range(1, 3 + max(stage.depths)):
                column = genes[:, at + offset]
                if offset > 3:  # behind the entry
                    column = firsts[width, column]
                needed = 1 if offset < 4 else offset - 2
                kept[:, at + offset] = np.where(depths >= needed, column, 0)
            at += 3 + max(stage.depths)
        return kept


def genotype_of(row: Matrix) -> Genotype:
    """A row as a genotype."""
    return Genotype(tuple(row.tolist()))
