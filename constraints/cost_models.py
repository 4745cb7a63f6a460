"""Constants from which time and energy on a target are predicted, each with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """Processor cycles per unit of work of one software stack on one core; see `constraints.latency`.

    A rate is None where nothing is published to take it from. Errors are fractions of the published latency,
    None where nothing was left to compare with; `error_source` says how they were found.
    """

    software_stack: str
    source: str
    conv_cycles_per_mac: float | None = None
    pointwise_cycles_per_mac: float | None = None
    depthwise_cycles_per_mac: float | None = None
    fully_connected_cycles_per_mac: float | None = None
    add_cycles_per_element: float | None = None
    max_pool_cycles_per_element: float | None = None
    average_pool_cycles_per_element: float | None = None
    cycles_per_op: float = 0.0
    median_error: float | None = None
    worst_error: float | None = None
    error_source: str = ""


@dataclass(frozen=True, slots=True)
class EnergyModel:
    """Power of the whole chip while it computes, in milliwatts, at the target's clock."""

    active_power_mw: float
    source: str
