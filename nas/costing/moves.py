"""The walk of `constraints.arena.segments` in plain numbers, for networks by the million.

Hops and laps are one form here, a loop is the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from constraints.arena.segments import NEVER, Hop, Lap, Loop, Segment


class Move(NamedTuple):
    """A segment. A loop has `inner` and `need`, and zeros; every other one has all but `inner`.

    From a tensor at most `depth` below the arena's end and at least at `low`, it leads above that tensor if
    `low + need` fits the arena, and below it if `max(depth + deeper, floor)` does. What it writes is then at
    depth `depth_above` or `max(depth + deeper_below, floor)`, and at low `low_below`, or `low + low_above`
    where it can only be above.
    """

    is_loop: bool
    inner: int
    need: int
    deeper: int
    deeper_below: int
    floor: int
    depth_above: int
    low_below: int
    low_above: int


def move_of(segment: Segment) -> Move:
    """A segment as a move."""
    match segment:
        case Loop():
            return Move(True, segment.inner_bytes, segment.need_bytes, 0, 0, 0, 0, 0, 0)
        case Hop():
            beside = segment.read_bytes + segment.scratch_bytes
            deeper, written = segment.gap + segment.scratch_bytes, segment.written_bytes
            return Move(False, 0, beside + written, deeper, deeper, written, written, 0, beside)
        case Lap():
            beside = segment.kept_bytes + segment.low_bytes
            return Move(
                False,
                0,
                segment.need_bytes,
                segment.inner_bytes,
                segment.depth_bytes,
                0,
                segment.depth_bytes,
                segment.low_bytes,
                beside,
            )


def head_bytes(input_bytes: int, need_bytes: int, moves: Iterable[Move]) -> int:
    """As `constraints.arena.segments.head_bytes`; `need_bytes` is the most that one of the moves needs."""
    moves = tuple(moves)
    arena = max(need_bytes, input_bytes)
    while True:
        deepest, turn = _walk(input_bytes, arena, moves)
        if deepest <= arena:
            return arena
        arena = min(deepest, turn)


def _walk(depth: int, arena: int, moves: Iterable[Move]) -> tuple[int, int]:
    """The deepest that a tensor must be, and the next arena in which the walk would go otherwise."""
    low, deepest, turn = 0, depth, NEVER
    for is_loop, inner, need, deeper, deeper_below, floor, depth_above, low_below, low_above in moves:
        above = low + need
        if is_loop:
            if depth + inner > arena:
                turn = min(turn, depth + inner)
                depth = max(depth, need)
            if above > arena:
                turn = min(turn, above)
                low = max(low, inner)
        else:
            below = max(depth + deeper, floor)
            if above <= arena:
                depth = depth_above
                if below > arena:
                    turn = min(turn, below)
                    low += low_above
                else:
                    low = low_below
            else:
                turn = min(turn, above)
                depth = below if below > arena else max(depth + deeper_below, floor)
                low = low_below
        if depth > deepest:
            deepest = depth
    return deepest, turn
