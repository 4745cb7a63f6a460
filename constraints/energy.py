"""Predicted energy of one inference: the active power of the whole chip times the predicted time.

Left out: what the processor draws between inferences, peripherals, radio, sensors, and that power follows
the kind of instruction and the clock; the power holds for the clock that the target's source names. The error
of the power (`EnergyModel.worst_error`) comes on top of that of the time.
"""

from __future__ import annotations

from constraints.latency import latency_ms
from constraints.target import Target
from search_spaces.graph import Graph


def energy_uj(graph: Graph, target: Target) -> float | None:
    """Predicted microjoules of one inference, or None where the target lacks a model of it.

    Raises:
        UnsupportedOp: as `latency_ms` does.
    """
    return energy_of_ms(latency_ms(graph, target), target)


def energy_of_ms(duration_ms: float | None, target: Target) -> float | None:
    """Predicted microjoules of so many milliseconds (mW x ms), or None where either is not known."""
    if target.energy is None or duration_ms is None:
        return None
    return target.energy.active_power_mw * duration_ms
