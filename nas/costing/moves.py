"""The walk of `constraints.arena.segments` in plain numbers, for networks by the million.

Hops and laps are one form here, a loop is the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from constraints.arena.segments import NEVER, Hop, Lap, Loop, Segment


class Move(NamedTuple):
    """A segment, from a tensor that is at most at `depth` below the arena's end, and at least at `low`.

    A loop takes `deeper` bytes inside and `need` with what it keeps. Every other move leads above its first
    tensor if `low + need` fits the arena, and below it if `max(depth + deeper, floor)` does. What it writes
    is then at depth `depth_above` or `max(depth + deeper_below, floor)`, and at low `low_below`, or
    `low + low_above` where it can only be above.
    """

    is_loop: bool
    need: int
    deeper: int
    floor: int = 0
    low_above: int = 0
    depth_above: int = 0
    deeper_below: int = 0
    low_below: int = 0


def move_of(segment: Segment) -> Move:
    """A segment as a move."""
    match segment:
        case Loop():
            return Move(is_loop=True, need=segment.need_bytes, deeper=segment.inner_bytes)
        case Hop():
            beside = segment.read_bytes + segment.scratch_bytes
            deeper, written = segment.gap + segment.scratch_bytes, segment.written_bytes
            return Move(
                is_loop=False,
                need=beside + written,
                deeper=deeper,
                floor=written,
                low_above=beside,
                depth_above=written,
                deeper_below=deeper,
            )
        case Lap():
            return Move(
                is_loop=False,
                need=segment.need_bytes,
                deeper=segment.inner_bytes,
                low_above=segment.kept_bytes + segment.low_bytes,
                depth_above=segment.depth_bytes,
                deeper_below=segment.depth_bytes,
                low_below=segment.low_bytes,
            )


def merged(moves: tuple[Move, ...], behind: tuple[Move, ...]) -> tuple[Move, ...]:
    """The moves of two parts behind one another; two loops around one tensor are the larger of them."""
    if moves and behind and moves[-1].is_loop and behind[0].is_loop:
        larger = max(moves[-1], behind[0], key=lambda move: move.need)
        return (*moves[:-1], larger, *behind[1:])
    return moves + behind


def head_bytes(input_bytes: int, need_bytes: int, moves: Sequence[Move]) -> int:
    """As `constraints.arena.segments.head_bytes`; `need_bytes` is the most that one of the moves needs."""
    arena = need_bytes
    while True:
        deepest, turn = _walk(input_bytes, arena, moves)
        if deepest <= arena:
            return arena
        arena = min(deepest, turn)


def _walk(depth: int, arena: int, moves: Sequence[Move]) -> tuple[int, int]:  # noqa: C901 - one loop, for speed
    """The deepest that a tensor must be, and the next arena in which the walk would go otherwise."""
    low, deepest, turn = 0, depth, NEVER
    for is_loop, need, deeper, floor, low_above, depth_above, deeper_below, low_below in moves:
        above = low + need
        below = depth + deeper
        if is_loop:
            if below > arena:
                turn = below if below < turn else turn
                depth = need if need > depth else depth
                deepest = depth if depth > deepest else deepest
            if above > arena:
                turn = above if above < turn else turn
                low = deeper if deeper > low else low
            continue
        if below < floor:
            below = floor
        if above > arena:
            turn = above if above < turn else turn
            if below <= arena:
                depth += deeper_below
                depth = floor if depth < floor else depth
            else:
                turn = below if below < turn else turn
                depth = below
            deepest = depth if depth > deepest else deepest
            low = low_below
        else:
            depth = depth_above
            if below > arena:
                turn = below if below < turn else turn
                low += low_above
            else:
                low = low_below
    return deepest, turn
