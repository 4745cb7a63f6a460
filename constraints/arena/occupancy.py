"""What a plan fills of the arena, step by step."""

from __future__ import annotations

from collections.abc import Mapping

from constraints.arena.liveness import lifetimes
from constraints.arena.program import Program


def occupied_bytes(program: Program, offsets: Mapping[str, int]) -> tuple[int, ...]:
    """Bytes that hold something alive, one figure a step; what lies over something else is counted once.

    Scratch memory, which the runtime places, is counted on top.
    """
    figures = [0] * len(program.steps)
    buffers = lifetimes(program)
    for index in range(len(program.steps)):
        alive = [buffer for buffer in buffers if buffer.first <= index <= buffer.last]
        ranges = sorted(
            (offsets[buffer.name], offsets[buffer.name] + buffer.size_bytes)
            for buffer in alive
            if buffer.name in offsets
        )
        scratch = sum(buffer.size_bytes for buffer in alive if buffer.name not in offsets)
        figures[index] = _covered(ranges) + scratch
    return tuple(figures)


def peak_step(program: Program, offsets: Mapping[str, int]) -> str:
    """The name of the first step at which the most bytes are in use."""
    figures = occupied_bytes(program, offsets)
    return program.steps[figures.index(max(figures))].name


def _covered(ranges: list[tuple[int, int]]) -> int:
    """Bytes in at least one of these ranges, which are sorted."""
    covered, end = 0, 0
    for start, stop in ranges:
        covered += max(0, stop - max(start, end))
        end = max(end, stop)
    return covered
