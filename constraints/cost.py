"""What a network needs of a device, in one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """A network's needs on a target, all predicted unless whoever holds it says otherwise.

    `activations_bytes` is the arena's head (tensors, and scratch memory of the target's kernels),
    `ram_bytes` the whole arena on the target and `flash_bytes` the model file. `latency_ms` and `energy_uj`
    are None where the target has no model of them. `peak_op` names the op at which the head is fullest; it is
    empty where costs were read off tables.
    """

    activations_bytes: int
    ram_bytes: int
    flash_bytes: int
    macs: int
    latency_ms: float | None
    energy_uj: float | None
    peak_op: str = ""
