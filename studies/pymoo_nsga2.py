# pyright: reportMissingImports=false
"""pymoo's NSGA-II over the cells of a table; pymoo is no dependency of this project."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize

from studies.nasbench201 import Table


class Cells(Problem):
    """Cells as six integers; `order` holds what was evaluated, each once."""

    def __init__(self, table: Table) -> None:
        super().__init__(n_var=6, n_obj=2, xl=0, xu=4, vtype=int)
        self.order: dict[int, None] = {}
        self._table = table
        self._cells = {tuple(cell): index for index, cell in enumerate(table.edges.tolist())}

    def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:  # noqa: ANN401 - pymoo's own
        found = [self._cells[tuple(row)] for row in x.astype(int).tolist()]
        self.order.update(dict.fromkeys(found))
        out["F"] = np.column_stack([self._table.errors[found], self._table.latencies_ms[found]])


def run(table: Table, seed: int, evaluations: int, population: int) -> list[int]:
    """The cells in the order of their evaluation."""
    cells, repair = Cells(table), RoundingRepair()
    algorithm = NSGA2(
        pop_size=population,
        sampling=IntegerRandomSampling(),
        crossover=SBX(prob=1.0, eta=3, vtype=float, repair=repair),
        mutation=PM(prob=1.0, eta=3, vtype=float, repair=repair),
        eliminate_duplicates=True,
    )
    minimize(cells, algorithm, ("n_evals", 2 * evaluations), seed=seed, verbose=False)
    return list(cells.order)[:evaluations]
