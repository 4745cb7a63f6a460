"""Predicted energy of one inference: the active power of the whole chip times the predicted time.

Left out: what the processor draws between inferences, peripherals, radio, sensors, and that power follows
the kind of instruction and the clock; the power holds for the clock that the target's source names.
"""

from __future__ import annotations

from constraints.latency import latency_ms
from constraints.target import Target
from search_spaces.graph import Graph


def energy_uj(graph: Graph, target: Target) -> float | None:
    """Predicted microjoules of one inference (mW x ms), or None where the target lacks a model of it.

    Raises:
        UnsupportedOp: as `latency_ms` does.
    """
    if target.energy is None:
        return None
    predicted_ms = latency_ms(graph, target)
    return None if predicted_ms is None else target.energy.active_power_mw * predicted_ms
