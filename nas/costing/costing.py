"""What every genotype costs, asked once each, and why genotypes were turned away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from constraints.arena.layout import lay_out
from constraints.budget import Budget, relative_excess, violations
from constraints.cost import Cost
from constraints.estimate import estimate
from constraints.target import Target
from nas.costing.batch import BatchCosts
from nas.costing.columns import CostColumns, columns_of, excesses
from nas.costing.part import Inseparable
from nas.costing.parts import Parts
from nas.costing.single import SingleCosts
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace

REMEMBERED = 1 << 16


class Costing:
    """Costs genotypes of one space on one target, against one budget.

    Costs are added up from parts of networks that were costed before; a network that is not a chain of such
    parts is costed as a whole. Either way they are those of `constraints.estimate`. `known` are parts that
    another one has met on this target.
    """

    def __init__(
        self, space: SearchSpace, target: Target, budget: Budget, known: Parts | None = None
    ) -> None:
        self.space = space
        self.target = target
        self.budget = budget
        self.costed = 0
        self.rejections: Counter[str] = Counter()
        self.cost = lru_cache(maxsize=REMEMBERED)(self._cost)
        self._parts = known or Parts(space, target)
        self._single = SingleCosts(self._parts)
        self._batch = BatchCosts(self._parts)

    def afresh(self) -> Costing:
        """The same, with nothing counted yet."""
        return Costing(self.space, self.target, self.budget, self._parts)

    def graph(self, genotype: Genotype) -> Graph:
        """The network, its ops in the order in which it is exported."""
        return lay_out(lower(self.space, genotype), self.target.kernels).graph

    def excess(self, genotype: Genotype) -> float:
        """How far over budget a genotype is, summed over limits as fractions of them; 0 where it fits."""
        return relative_excess(self.cost(genotype), self.budget)

    def fits(self, genotype: Genotype) -> bool:
        """Whether a genotype is within budget."""
        return self.excess(genotype) <= 0

    def costs(self, genotypes: NDArray[np.integer]) -> CostColumns:
        """The costs of canonical genotypes, (genotypes, genes), a million a second; neither counted nor kept.

        Raises:
            UnsupportedOp: the cost of an op is not known.
        """
        try:
            return self._batch.costs(genotypes)
        except Inseparable:
            return columns_of([self._added_up(Genotype(tuple(genes))) for genes in genotypes.tolist()])

    def excess_many(self, genotypes: NDArray[np.integer]) -> NDArray[np.float64]:
        """`excess` of canonical genotypes, (genotypes, genes), counted as often as they are asked."""
        total = np.zeros(len(genotypes))
        for quantity, excess in excesses(self.costs(genotypes), self.budget).items():
            total += excess
            self.rejections.update({quantity: count} if (count := np.count_nonzero(excess)) else {})
        self.costed += len(genotypes)
        return total

    def fits_many(self, genotypes: NDArray[np.integer]) -> NDArray[np.bool_]:
        """`fits` of canonical genotypes, (genotypes, genes)."""
        return self.excess_many(genotypes) <= 0

    def _cost(self, genotype: Genotype) -> Cost:
        cost = self._added_up(genotype)
        self.costed += 1
        self.rejections.update(violation.quantity for violation in violations(cost, self.budget))
        return cost

    def _added_up(self, genotype: Genotype) -> Cost:
        try:
            return self._single.cost(genotype.genes)
        except Inseparable:
            return replace(estimate(lower(self.space, genotype), self.target), peak_op="")
