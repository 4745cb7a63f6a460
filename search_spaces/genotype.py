"""An architecture as a tuple of choices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Genotype:
    """One index a gene of a `SearchSpace`; genes that another choice makes inactive are 0.

    Made by the space (`sample`, `decode`, `mutate`), which keeps it canonical: equal networks have equal
    genotypes.
    """

    genes: tuple[int, ...]
