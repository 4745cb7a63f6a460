"""A network cut where a single tensor is alive, and what each piece between two cuts asks of the arena.

Most networks are a chain of such pieces: an op that turns one tensor into the next (`Hop`), or a block that
comes back to its input to add to it (`Loop`). Where its tensors may lie can then be said piece by piece, and
the arena follows from a walk over a few whole numbers: that is what lets millions of networks be costed, and
one be planned, by the same rule (`walk`).

The rule. An output may lie below its input by at least the op's gap, or above it; every place further down is
as good. So of the tensor at a cut it is enough to know the highest place and the lowest that it can have.
Overlaps go downwards alone, so their gaps add up until an op whose input and output fit side by side lifts
the tensor to the top again. A loop keeps its input where it is, and plans what is between in the larger of
the regions below and above.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Hop:
    """An op that reads one tensor and writes the next; bytes, all aligned.

    `gap` is what the input must start above the output; as much as the output takes where they must be apart.
    """

    read_bytes: int
    written_bytes: int
    gap: int
    scratch_bytes: int = 0

    @property
    def need_bytes(self) -> int:
        """The least arena that this piece alone fits."""
        return max(self.read_bytes + self.gap, self.written_bytes) + self.scratch_bytes


@dataclass(frozen=True, slots=True)
class Loop:
    """A piece whose last op writes over the tensor that it began with; what is between takes `inner`."""

    kept_bytes: int
    inner_bytes: int

    @property
    def need_bytes(self) -> int:
        """The least arena that this piece alone fits."""
        return self.kept_bytes + self.inner_bytes


@dataclass(frozen=True, slots=True)
class Lap:
    """Any other piece: its first tensor is kept to its end, apart from the rest, which takes `inner` bytes.

    Within those the last tensor can start at `low_bytes`, or `depth_bytes` below their end.
    """

    kept_bytes: int
    inner_bytes: int
    depth_bytes: int
    low_bytes: int

    @property
    def need_bytes(self) -> int:
        """The least arena that this piece alone fits."""
        return self.kept_bytes + self.inner_bytes


Segment = Hop | Loop | Lap


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the tensor at a cut can start: `depth` below the arena's end at the highest, at `low` the lowest.

    `turn` is the smallest larger arena in which the step to this cut would have gone otherwise.
    """

    depth: int
    low: int
    turn: int = NEVER


def head_bytes(input_bytes: int, segments: Sequence[Segment]) -> int:
    """The smallest arena that these pieces can be planned into; `input_bytes` is the aligned network input.

    It begins with what the largest piece needs. Where a walk asks for more, because gaps have added up, the
    arena grows to what was asked for or to where the walk would first go otherwise, whichever is less.
    """
    arena = max((segment.need_bytes for segment in segments), default=input_bytes)
    while True:
        reaches = walk(input_bytes, segments, arena)
        deepest = max(reach.depth for reach in reaches)
        if deepest <= arena:
            return arena
        arena = min(deepest, *(reach.turn for reach in reaches))


def walk(input_bytes: int, segments: Iterable[Segment], arena: int) -> list[Reach]:
    """The reach of the tensor at every cut, the input's first; one deeper than `arena` asks for a larger."""
    reach = Reach(input_bytes, 0)
    reaches = [reach]
    for segment in segments:
        reach = step(reach, segment, arena)
        reaches.append(reach)
    return reaches


def step(reach: Reach, segment: Segment, arena: int) -> Reach:
    """The reach behind a piece, from that before it."""
    match segment:
        case Hop():
            return _hop(reach, segment, arena)
        case Loop():
            return _loop(reach, segment, arena)
        case Lap():
            return _lap(reach, segment, arena)


def _hop(reach: Reach, hop: Hop, arena: int) -> Reach:
    beside = reach.low + hop.read_bytes + hop.scratch_bytes
    above = beside + hop.written_bytes
    below = max(reach.depth + hop.gap + hop.scratch_bytes, hop.written_bytes)
    if above > arena:
        return Reach(below, 0, above)
    if below > arena:
        return Reach(hop.written_bytes, beside, below)
    return Reach(hop.written_bytes, 0)


def _loop(reach: Reach, loop: Loop, arena: int) -> Reach:
    depth, low, turn = reach.depth, reach.low, NEVER
    if depth + loop.inner_bytes > arena:
        turn = depth + loop.inner_bytes
        depth = max(depth, loop.need_bytes)
    if low + loop.need_bytes > arena:
        turn = min(turn, low + loop.need_bytes)
        low = max(low, loop.inner_bytes)
    return Reach(depth, low, turn)


def _lap(reach: Reach, lap: Lap, arena: int) -> Reach:
    above = reach.low + lap.need_bytes
    below = reach.depth + lap.inner_bytes
    if above <= arena:
        if below <= arena:
            return Reach(lap.depth_bytes, lap.low_bytes)
        return Reach(lap.depth_bytes, reach.low + lap.kept_bytes + lap.low_bytes, below)
    if below <= arena:
        return Reach(reach.depth + lap.depth_bytes, lap.low_bytes, above)
    return Reach(below, lap.low_bytes, min(above, below))
