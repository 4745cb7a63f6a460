"""The arena beside its head from sums over a network's parts: `constraints.arena.total` in closed form.

All allocations but a few are multiples of what they are aligned to, so that their order does not matter. Left
are the options of the fully connected op, which come last and are aligned to a pointer, the data of the first
op, which come after all options and are aligned to 16 bytes, and a few pointers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tflm_structs import (
    ALIGNMENT,
    PLANNED_BUFFER_BYTES,
    REQUESTS_PER_OP,
    Structs,
    aligned_after,
)


@dataclass(frozen=True, slots=True)
class TailSums:
    """What a part adds, in bytes: structs and options, kernels' data, and what its preparation leaves behind.

    `requests` counts the scratch buffers that it asks for, whose requests are among what is left. While it is
    prepared it takes at most `preparing` bytes on top of what was there before it.
    """

    structs: int
    data: int
    left: int
    requests: int
    preparing: int


def tail_sums(ops: Iterable[OpTail], tensors: int, structs: Structs) -> TailSums:
    """The sums of ops in the order in which they run; `tensors` counts those that they bring into the file."""
    own, data, left, requests, preparing = structs.eval_tensor * tensors, 0, 0, 0, 0
    for op in ops:
        preparing = max(preparing, left + op.channels + op.temporary)
        own += structs.node + op.options
        data += _up(op.data)
        left += op.channels + structs.scratch_request * op.scratch_buffers
        requests += op.scratch_buffers
    return TailSums(own, data, left, requests, preparing)


@dataclass(frozen=True, slots=True)
class TailFrame:
    """What all networks on some kernels have in common; `first_data` is the first op's."""

    structs: Structs
    first_data: int

    # Whole numbers, or arrays of them: one formula for a network and for a population.
    def arena_bytes(
        self,
        head: Any,  # noqa: ANN401
        sums: TailSums,
        tensors: Any,  # noqa: ANN401
        ops: Any,  # noqa: ANN401
        largest: Callable[[Any, Any], Any],
    ) -> Any:  # noqa: ANN401
        """The smallest arena in which networks are prepared and run.

        Args:
            head: Bytes of the arena's head.
            sums: Those of a whole network, in which `tensors` does not count the input.
            tensors: How many its file has.
            ops: How many it has.
            largest: The larger of two values: `max`, or numpy's `maximum`.
        """
        structs, requests = self.structs, sums.requests
        read = _up(sums.structs + structs.interpreter + structs.eval_tensor, structs.pointer)
        loaded = _up(read + self.first_data) + sums.data - _up(self.first_data)
        prepared = loaded + sums.left - structs.scratch_request * requests
        tail = self._ended(self._ended(prepared + structs.pointer * requests))
        known = structs.scratch_request * (requests + REQUESTS_PER_OP) + structs.pointer
        known = _up(known + structs.allocation_info * (tensors + requests))
        planning = _up(prepared + structs.pointer * requests) + known
        planning = planning + PLANNED_BUFFER_BYTES * (ops + 1 + requests)
        preparing = loaded + structs.scratch_request * REQUESTS_PER_OP + sums.preparing
        return _up(largest(largest(head + tail, planning), preparing))

    def _ended(self, used: Any) -> Any:  # noqa: ANN401
        """The tail after the network's input, or its output."""
        structs = self.structs
        tensor = aligned_after(0, structs.tensor, structs.pointer) + structs.quantization
        return _up(used + structs.pointer) + aligned_after(tensor, 4 + 4, 4)


def _up(size_bytes: Any, multiple: int = ALIGNMENT) -> Any:  # noqa: ANN401
    return -(-size_bytes // multiple) * multiple
