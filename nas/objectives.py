"""What a search minimises: the expected loss, and each budgeted quantity as a fraction of its limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from constraints.budget import Budget
from constraints.cost import Cost
from nas.pareto import Point, choose_by_contribution

UNBUDGETED = ("activations_bytes", "flash_bytes")
"""What is minimised where nothing is budgeted."""
CORNER_QUANTILE = 0.9
"""With the loss of chance as the corner, tiny networks that know nothing would cover the most. With the
median one, a search leaves the cheap half of the front alone: `studies/bench_controllers.py` found 0.935 of
the front's hypervolume after 100 evaluations when that was so, and 0.990 with this one."""
BEYOND = 1.001
"""So that what takes all of a budget covers something."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """The names of the costs beside the loss, and what each is divided by."""

    quantities: tuple[str, ...]
    scales: tuple[float, ...]

    @classmethod
    def of(cls, budget: Budget, largest: Cost) -> Objectives:
        """One objective a limit; without any, memory as a fraction of the largest network's."""
        limits = {name: getattr(budget, name) for name in Budget.__dataclass_fields__}
        budgeted = {name: limit for name, limit in limits.items() if limit is not None}
        chosen = budgeted or {name: getattr(largest, name) for name in UNBUDGETED}
        return cls(tuple(chosen), tuple(float(limit) for limit in chosen.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """All objectives, the loss first."""
        return ("expected_loss", *self.quantities)

    def point(self, loss: float, cost: Cost) -> Point:
        """A candidate's objectives, all minimised."""
        costs = zip(self.quantities, self.scales, strict=True)
        return (loss, *(getattr(cost, name) / scale for name, scale in costs))

    def reference(self, points: Sequence[Point]) -> Point:
        """The corner that hypervolume is measured from: a high loss, and the whole budget and a little.

        The loss is `CORNER_QUANTILE` of the points'. Where nothing is budgeted, costs may go beyond those of
        the network that they are measured by: then it is as far as they go.
        """
        losses, *costs = zip(*points, strict=True)
        high = float(np.quantile(losses, CORNER_QUANTILE))
        return (high, *(BEYOND * max(1.0, *values) for values in costs))


def choose_finalists(
    points: Sequence[Point], objectives: Objectives, count: int, reference: Point | None = None
) -> list[int]:
    """Which candidates are trained to the end: the lowest loss, then those that add most hypervolume.

    It is measured from `reference`; left out, from the points' own.
    """
    best = min(range(len(points)), key=lambda index: points[index])
    return choose_by_contribution(points, reference or objectives.reference(points), count, start=[best])
