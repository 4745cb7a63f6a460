"""The arena beside its head from sums over a network's parts: `constraints.arena.total` in closed form.

All allocations but a few are multiples of what they are aligned to, so that their order does not matter. Left
are the options of the fully connected op, which come last and are aligned to a pointer, the data of the first
op, which come after all options and are aligned to 16 bytes, and a few pointers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tflm_structs import (
    ALIGNMENT,
    PLANNED_BUFFER_BYTES,
    REQUESTS_PER_OP,
    Structs,
    aligned_after,
)


class TailSums(NamedTuple):
    """What a part adds, in bytes: structs and options, kernels' data, and what its preparation leaves behind.

    `requests` counts the scratch buffers that it asks for, whose requests are among what is left. While it is
    prepared it takes at most `preparing` bytes on top of what was there before it.
    """

    structs: Any
    data: Any
    left: Any
    requests: Any
    preparing: Any


def tail_sums(ops: Iterable[OpTail], tensors: int, structs: Structs) -> TailSums:
    """The sums of ops in the order in which they run, which bring so many tensors into the file."""
    own, data, left, requests, preparing = structs.eval_tensor * tensors, 0, 0, 0, 0
    for op in ops:
        preparing = max(preparing, left + op.channels + op.temporary)
        own += structs.node + op.options
        data += _up(op.data)
        left += op.channels + structs.scratch_request * op.scratch_buffers
        requests += op.scratch_buffers
    return TailSums(own, data, left, requests, preparing)


class TailFrame:
    """What all networks on some kernels have in common; `first_data` is the first op's."""

    def __init__(self, structs: Structs, first_data: int) -> None:
        self.structs = structs
        self._before = structs.interpreter + structs.eval_tensor
        self._first_data = first_data
        self._data_again = _up(first_data)
        self._request = structs.scratch_request
        self._known = structs.scratch_request * REQUESTS_PER_OP + structs.pointer

    def ends(self, requests: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a number, or an array
        """The scratch buffers' pointers, with the tensors of the input and the output, and without them."""
        pointers = self.structs.pointer * requests
        return self._ended(self._ended(pointers)), _up(pointers)

    # Whole numbers, or arrays of them: one formula for a network and for a population.
    def arena_bytes(
        self,
        head: Any,  # noqa: ANN401
        sums: TailSums,
        counts: tuple[Any, Any],
        ends: tuple[Any, Any],
        largest: Callable[[Any, Any], Any],
    ) -> Any:  # noqa: ANN401
        """The smallest arena in which networks are prepared and run.

        Args:
            head: Bytes of the arena's head.
            sums: Those of a whole network, in which `tensors` does not count the input.
            counts: How many tensors its file has, and how many ops.
            ends: What `ends` says for its scratch requests.
            largest: The larger of two values: `max`, or numpy's `maximum`.
        """
        structs, data, left, requests, preparing = sums
        tensors, ops = counts
        read = _up(structs + self._before, self.structs.pointer) + self._first_data
        loaded = _up(read) + data - self._data_again
        prepared = loaded + left - self._request * requests
        known = _up(
            self._request * requests + self._known + self.structs.allocation_info * (tensors + requests)
        )
        planning = ends[1] + known + PLANNED_BUFFER_BYTES * (ops + 1 + requests)
        running = largest(head + ends[0], planning) + prepared
        return _up(largest(running, loaded + preparing + self._request * REQUESTS_PER_OP))

    def _ended(self, used: Any) -> Any:  # noqa: ANN401
        """The tail after the network's input, or its output."""
        structs = self.structs
        tensor = aligned_after(0, structs.tensor, structs.pointer) + structs.quantization
        return _up(used + structs.pointer) + aligned_after(tensor, 4 + 4, 4)


def _up(size_bytes: Any, multiple: int = ALIGNMENT) -> Any:  # noqa: ANN401
    """Rounded up to a multiple, which is a power of two."""
    return (size_bytes + (multiple - 1)) & -multiple
