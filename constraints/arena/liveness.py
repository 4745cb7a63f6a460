"""When each buffer of a `Program` is in memory, and how many bytes are in memory step by step.

Times are indices into `program.steps`. Source of the rules: TensorFlow Lite Micro,
micro_allocation_info.cc, `AllocationInfoBuilder::MarkAllocationLifetimes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constraints.arena.program import Program

ALIGNMENT = 16
"""Every buffer of the arena starts at a multiple of this and is rounded up to one (TFLM,
micro_arena_constants.h, `MicroArenaBufferAlignment`)."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A run of arena bytes that is needed from step `first` to step `last`, both included."""

    name: str
    size_bytes: int
    first: int
    last: int


def lifetimes(program: Program) -> tuple[Buffer, ...]:
    """The buffer of every activation: the inputs', then each step's in their order, then all scratch memory.

    An input is there from step 0, an output to the last step. A tensor that nothing reads lives during the
    step that writes it. Sizes are rounded up to `ALIGNMENT`.
    """
    first = dict.fromkeys(program.inputs, 0)
    last = dict.fromkeys(program.inputs, 0)
    for index, step in enumerate(program.steps):
        first.update(dict.fromkeys(step.writes, index))
        last.update(dict.fromkeys((*step.reads, *step.writes), index))
    last.update(dict.fromkeys(program.outputs, len(program.steps) - 1))
    buffers = [Buffer(name, aligned(program.sizes[name]), first[name], last[name]) for name in first]
    for index, step in enumerate(program.steps):
        buffers.extend(
            Buffer(f"{step.name}/scratch{number}", aligned(size), index, index)
            for number, size in enumerate(step.scratch_bytes)
        )
    return tuple(buffers)


def aligned(size_bytes: int) -> int:
    """`size_bytes` rounded up to a multiple of `ALIGNMENT`."""
    return -(-size_bytes // ALIGNMENT) * ALIGNMENT


def alive_bytes(program: Program) -> tuple[int, ...]:
    """Bytes of the buffers that are alive together, one figure a step; overlaps are counted twice."""
    return bytes_by_step(lifetimes(program), len(program.steps))


def bytes_by_step(buffers: Sequence[Buffer], steps: int) -> tuple[int, ...]:
    """The same, of buffers that are known already."""
    change = [0] * (steps + 1)
    for buffer in buffers:
        change[buffer.first] += buffer.size_bytes
        change[buffer.last + 1] -= buffer.size_bytes
    alive: list[int] = []
    total = 0
    for delta in change[:steps]:
        total += delta
        alive.append(total)
    return tuple(alive)
