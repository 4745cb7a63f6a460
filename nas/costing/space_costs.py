"""What the networks of one space cost on one target, one by one and together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from constraints.cost import Cost
from constraints.estimate import estimate
from constraints.target import Target
from nas.costing.batch import BatchCosts
from nas.costing.columns import CostColumns, columns_of
from nas.costing.part import Inseparable
from nas.costing.parts import Parts
from nas.costing.single import SingleCosts
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace


class SpaceCosts:
    """Costs that are added up from parts of networks, each of which is costed once.

    A network that is not a chain of such parts is costed as a whole. Either way costs are those of
    `constraints.estimate`, but for the name of the fullest op, which is left empty.
    """

    def __init__(self, space: SearchSpace, target: Target) -> None:
        parts = Parts(space, target)
        self.space = space
        self.target = target
        self._single = SingleCosts(parts)
        self._batch = BatchCosts(parts)

    def cost(self, genotype: Genotype) -> Cost:
        """The cost of one genotype.

        Raises:
            UnsupportedOp: the cost of an op is not known.
        """
        try:
            return self._single.cost(genotype.genes)
        except Inseparable:
            return replace(estimate(lower(self.space, genotype), self.target), peak_op="")

    def costs(self, genotypes: NDArray[np.integer]) -> CostColumns:
        """The costs of canonical genotypes, (genotypes, genes).

        Raises:
            UnsupportedOp: the cost of an op is not known.
        """
        try:
            return self._batch.costs(genotypes)
        except Inseparable:
            return columns_of([self.cost(Genotype(tuple(genes))) for genes in genotypes.tolist()])
