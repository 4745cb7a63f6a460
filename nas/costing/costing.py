"""What every genotype costs, asked once each, and why genotypes were turned away."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from constraints.arena.layout import lay_out
from constraints.budget import Budget, relative_excess, violations
from constraints.cost import Cost
from constraints.target import Target
from nas.costing.columns import CostColumns, excesses
from nas.costing.space_costs import SpaceCosts
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace

REMEMBERED = 1 << 16


class Costing:
    """Costs genotypes of one space on one target, against one budget; `known` are costs met before."""

    def __init__(
        self, space: SearchSpace, target: Target, budget: Budget, known: SpaceCosts | None = None
    ) -> None:
        self.space = space
        self.target = target
        self.budget = budget
        self.costed = 0
        self.rejections: Counter[str] = Counter()
        self.cost = lru_cache(maxsize=REMEMBERED)(self._cost)
        self._costs = known or SpaceCosts(space, target)

    def afresh(self) -> Costing:
        """The same, with nothing counted yet."""
        return Costing(self.space, self.target, self.budget, self._costs)

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
        """The costs of canonical genotypes, (genotypes, genes), a million a second; they are not counted.

        Raises:
            UnsupportedOp: the cost of an op is not known.
        """
        return self._costs.costs(genotypes)

    def excess_many(self, genotypes: NDArray[np.integer]) -> NDArray[np.float64]:
        """`excess` of canonical genotypes, (genotypes, genes), counted as often as they are asked."""
        total = np.zeros(len(genotypes))
        for quantity, excess in excesses(self.costs(genotypes), self.budget).items():
            total += excess
            exceeding = int(np.count_nonzero(excess))
            self.rejections.update({quantity: exceeding} if exceeding else {})
        self.costed += len(genotypes)
        return total

    def fits_many(self, genotypes: NDArray[np.integer]) -> NDArray[np.bool_]:
        """`fits` of canonical genotypes, (genotypes, genes)."""
        return self.excess_many(genotypes) <= 0

    def _cost(self, genotype: Genotype) -> Cost:
        cost = self._costs.cost(genotype)
        self.costed += 1
        self.rejections.update(violation.quantity for violation in violations(cost, self.budget))
        return cost
