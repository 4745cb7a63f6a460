"""A device to deploy on: memory sizes and cost constants, each with the source it was taken from."""

from __future__ import annotations

from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Target:
    """A device. Sizes are None where it has none of its own (a bare core, the host).

    `ram_bytes` is the chip's largest piece of data memory in one block, since an arena cannot span two banks,
    and `flash_bytes` its program memory. Both are the chip's totals: the application, its stack and the
    runtime's code need their share, which a budget has to leave them. `sources` has one entry for each of
    `clock_hz`, `ram_bytes` and `flash_bytes` that is given.
    """

    name: str
    title: str
    core: str
    clock_hz: int | None = None
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    latency: LatencyModel | None = None
    energy: EnergyModel | None = None
    sources: dict[str, str] = field(default_factory=dict[str, str], hash=False)

    @property
    def software_stack(self) -> str:
        """The runtime and kernels whose time is predicted, or "not modelled"."""
        return "not modelled" if self.latency is None else self.latency.software_stack
