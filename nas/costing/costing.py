"""What every genotype costs, asked once each, and why genotypes were turned away."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from constraints.arena.layout import lay_out
from constraints.budget import Budget, relative_excess, violations
from constraints.cost import Cost
from constraints.estimate import estimate
from constraints.target import Target
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace

REMEMBERED = 1 << 16


class Costing:
    """Costs genotypes of one space on one target, against one budget."""

    def __init__(self, space: SearchSpace, target: Target, budget: Budget) -> None:
        self.space = space
        self.target = target
        self.budget = budget
        self.costed = 0
        self.rejections: Counter[str] = Counter()
        self.cost = lru_cache(maxsize=REMEMBERED)(self._cost)

    def afresh(self) -> Costing:
        """The same, with nothing counted yet."""
        return Costing(self.space, self.target, self.budget)

    def graph(self, genotype: Genotype) -> Graph:
        """The network, its ops in the order in which it is exported."""
        return lay_out(lower(self.space, genotype), self.target.kernels).graph

    def excess(self, genotype: Genotype) -> float:
        """How far over budget a genotype is, summed over limits as fractions of them; 0 where it fits."""
        return relative_excess(self.cost(genotype), self.budget)

    def fits(self, genotype: Genotype) -> bool:
        """Whether a genotype is within budget."""
        return self.excess(genotype) <= 0

    def _cost(self, genotype: Genotype) -> Cost:
        cost = estimate(lower(self.space, genotype), self.target)
        self.costed += 1
        self.rejections.update(violation.quantity for violation in violations(cost, self.budget))
        return cost
