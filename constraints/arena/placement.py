"""Where TensorFlow Lite Micro puts each buffer: its greedy planner, followed to the byte.

Source: TFLM, memory_planner/greedy_memory_planner.cc, `CalculateOffsetsIfNeeded`. The largest buffer comes
first; of equal ones the one added last; each goes into the first gap that holds it between the buffers
already placed that live at the same time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from constraints.arena.liveness import Buffer


@dataclass(frozen=True, slots=True)
class Placement:
    """One offset a buffer, in bytes from the arena's start, and the bytes that all of them take."""

    offsets: tuple[int, ...]
    head_bytes: int


def place(buffers: Sequence[Buffer], fixed: Sequence[int | None] = ()) -> Placement:
    """The offsets that TFLM's greedy planner gives to `buffers`, in their order.

    `fixed` has the offsets of a plan in the file, None for a buffer that it leaves to the planner; those with
    an offset are there before all others. It is empty where the file has no plan.
    """
    given = {index: offset for index, offset in enumerate(fixed) if offset is not None}
    free = (index for index in range(len(buffers)) if index not in given)
    order = [*given, *sorted(free, key=lambda index: (-buffers[index].size_bytes, -index))]
    offsets = [0] * len(buffers)
    starts: list[int] = []
    placed: list[Buffer] = []
    head = 0
    for index in order:
        buffer = buffers[index]
        offset = given[index] if index in given else _first_gap(buffer, starts, placed)
        # TFLM's list keeps equal offsets in the order of their arrival, as bisect_right does.
        position = bisect_right(starts, offset)
        starts.insert(position, offset)
        placed.insert(position, buffer)
        offsets[index] = offset
        head = max(head, offset + buffer.size_bytes)
    return Placement(tuple(offsets), head)


def _first_gap(wanted: Buffer, starts: Sequence[int], placed: Sequence[Buffer]) -> int:
    """The lowest offset from which `wanted` fits below the next buffer alive with it, or above them all."""
    first, last, size = wanted.first, wanted.last, wanted.size_bytes
    candidate = 0
    for start, other in zip(starts, placed, strict=True):
        if other.first > last or first > other.last:
            continue
        if start - candidate >= size:
            break
        candidate = max(candidate, start + other.size_bytes)
    return candidate
