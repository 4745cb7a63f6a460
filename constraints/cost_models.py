"""Constants from which time and energy on a target are predicted, each with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """Processor cycles per unit of work of one software stack on one core; see `constraints.latency`.

    A rate is None where nothing is published to take it from. `cycles_per_output` is paid for every element
    that a convolution or a fully connected layer writes (its requantization, the turn of its inner loop), and
    `cycles_per_gathered_byte` for every byte that a convolution with a window copies into a column.
    `drops_constant_channels` says that the stack leaves out channels whose weights are all zero: a model file
    that has such is less work then.

    Errors are fractions of the published latency, None where nothing was left to compare with; `error_source`
    says how they were found. `median_error` and `worst_error` are of networks that the constants were not
    fitted on, `board_median_error` and `board_worst_error` of boards that they were not fitted on.
    """

    software_stack: str
    source: str
    conv_cycles_per_mac: float | None = None
    pointwise_cycles_per_mac: float | None = None
    depthwise_cycles_per_mac: float | None = None
    fully_connected_cycles_per_mac: float | None = None
    cycles_per_output: float = 0.0
    cycles_per_gathered_byte: float = 0.0
    add_cycles_per_element: float | None = None
    max_pool_cycles_per_element: float | None = None
    average_pool_cycles_per_element: float | None = None
    cycles_per_op: float = 0.0
    drops_constant_channels: bool = False
    median_error: float | None = None
    worst_error: float | None = None
    board_median_error: float | None = None
    board_worst_error: float | None = None
    error_source: str = ""


@dataclass(frozen=True, slots=True)
class EnergyModel:
    """Power of the whole chip while it computes, in milliwatts, at the target's clock.

    `worst_error` is the largest relative distance of the power in one published measurement from
    `active_power_mw`; None where there is one figure alone.
    """

    active_power_mw: float
    source: str
    worst_error: float | None = None
