"""The costs of many genotypes as columns, and how far they are over a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.budget import Budget, violations
from constraints.cost import Cost

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

QUANTITIES = ("activations", "ram", "flash", "latency", "energy", "macs")
"""In the order of a budget's limits, named as `constraints.budget.Violation` does."""


@dataclass(frozen=True, slots=True)
class CostColumns:
    """The fields of `Cost` but its op's name, one entry a genotype."""

    activations_bytes: Ints
    ram_bytes: Ints
    flash_bytes: Ints
    macs: Ints
    latency_ms: Floats | None
    energy_uj: Floats | None

    def __len__(self) -> int:
        return len(self.macs)

    def cost(self, row: int) -> Cost:
        """That of one genotype."""
        return Cost(
            activations_bytes=int(self.activations_bytes[row]),
            ram_bytes=int(self.ram_bytes[row]),
            flash_bytes=int(self.flash_bytes[row]),
            macs=int(self.macs[row]),
            latency_ms=None if self.latency_ms is None else float(self.latency_ms[row]),
            energy_uj=None if self.energy_uj is None else float(self.energy_uj[row]),
        )


def columns_of(costs: Sequence[Cost]) -> CostColumns:
    """Costs that were worked out one by one."""
    return CostColumns(
        activations_bytes=np.array([cost.activations_bytes for cost in costs], dtype=np.int64),
        ram_bytes=np.array([cost.ram_bytes for cost in costs], dtype=np.int64),
        flash_bytes=np.array([cost.flash_bytes for cost in costs], dtype=np.int64),
        macs=np.array([cost.macs for cost in costs], dtype=np.int64),
        latency_ms=_floats([cost.latency_ms for cost in costs]),
        energy_uj=_floats([cost.energy_uj for cost in costs]),
    )


def excesses(costs: CostColumns, budget: Budget) -> dict[str, Floats]:
    """By quantity that is budgeted and by genotype: how far above the limit, as a fraction of it, or 0.

    Added up in their order they are `constraints.budget.relative_excess`.

    Raises:
        UnknownCost: latency or energy is budgeted, and the costs do not know it.
    """
    if len(costs):
        violations(costs.cost(0), budget)  # raises for all where something is not known
    limited = zip(QUANTITIES, _in_order(costs), budget.limits, strict=True)
    return {
        name: np.where(needed > allowed, needed / allowed - 1, 0.0)
        for name, needed, allowed in limited
        if needed is not None and allowed is not None
    }


def _in_order(costs: CostColumns) -> tuple[Ints | Floats | None, ...]:
    memory = (costs.activations_bytes, costs.ram_bytes, costs.flash_bytes)
    return (*memory, costs.latency_ms, costs.energy_uj, costs.macs)


def _floats(values: Sequence[float | None]) -> Floats | None:
    known = [value for value in values if value is not None]
    return np.array(known) if len(known) == len(values) else None
