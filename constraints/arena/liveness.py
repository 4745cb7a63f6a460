"""When each activation of a `Graph` is in memory, and how many bytes are in memory op by op.

Times are indices into `graph.ops`. Source of the rules: TensorFlow Lite Micro,
micro_allocation_info.cc, `AllocationInfoBuilder::MarkAllocationLifetimes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search_spaces.graph import Graph

ALIGNMENT = 16
"""Every buffer of the arena starts at a multiple of this and is rounded up to one (TFLM,
micro_arena_constants.h, `MicroArenaBufferAlignment`)."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A run of arena bytes that is needed from op `first` to op `last`, both included."""

    name: str
    size_bytes: int
    first: int
    last: int


def lifetimes(graph: Graph) -> tuple[Buffer, ...]:
    """The buffer of every activation: the input's, then each op's output in the order of the ops.

    The input is there from op 0, the network's output to the last op. A tensor that nothing reads lives
    during the op that writes it. Sizes are rounded up to `ALIGNMENT`. None of the ops that we emit asks
    TFLM's reference kernels for scratch memory, so there are no other buffers.
    """
    last = {graph.input.name: 0}
    for index, op in enumerate(graph.ops):
        for name in op.inputs:
            last[name] = index
        last[op.output] = index
    buffers = [Buffer(graph.input.name, aligned(graph.input.size_bytes), 0, last[graph.input.name])]
    for index, op in enumerate(graph.ops):
        size = aligned(graph.tensors[op.output].size_bytes)
        buffers.append(Buffer(op.output, size, index, last[op.output]))
    return tuple(buffers)


def aligned(size_bytes: int) -> int:
    """`size_bytes` rounded up to a multiple of `ALIGNMENT`."""
    return -(-size_bytes // ALIGNMENT) * ALIGNMENT


def alive_bytes(graph: Graph) -> tuple[int, ...]:
    """Bytes of the activations that must be in memory together, one figure an op."""
    return bytes_by_op(lifetimes(graph), len(graph.ops))


def bytes_by_op(buffers: Sequence[Buffer], ops: int) -> tuple[int, ...]:
    """The same, of buffers that are known already."""
    change = [0] * (ops + 1)
    for buffer in buffers:
        change[buffer.first] += buffer.size_bytes
        change[buffer.last + 1] -= buffer.size_bytes
    alive: list[int] = []
    total = 0
    for delta in change[:ops]:
        total += delta
        alive.append(total)
    return tuple(alive)


def peak_op(graph: Graph) -> str:
    """The name of the first op at which the most bytes are alive."""
    alive = alive_bytes(graph)
    return graph.ops[alive.index(max(alive))].name
