"""The walk of `nas.costing.moves` for many networks at once, in numbers of 32 bits, which are the faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.costing.moves import Move

Ints = NDArray[np.int64]
Bytes = NDArray[np.int32]
Flags = NDArray[np.bool_]

LARGEST = 1 << 28
"""Bytes that a move may need at most, so that sums of a few stay within 32 bits."""
NEVER = (1 << 31) - 1
NEVER_FULL = -(1 << 30)
IDLE = Move(is_loop=True, need=NEVER_FULL, deeper=NEVER_FULL)
"""A move that changes nothing, as there is always room for it."""


@dataclass(frozen=True, slots=True)
class MoveTable:
    """The moves at one place of many parts; `fields` has a row for each of a move's and a column a part.

    What kinds there are is told once, so that the walk can leave out what the others need.
    """

    fields: Bytes
    has_loops: bool = False
    has_idle: bool = False
    has_ops: bool = False
    has_laps: bool = False

    def with_moves(self, moves: Sequence[Move]) -> MoveTable:
        """The table with more columns."""
        added = np.array(moves, dtype=np.int32).T
        return MoveTable(
            np.hstack([self.fields, added]),
            self.has_loops or any(move.is_loop and move is not IDLE for move in moves),
            self.has_idle or any(move is IDLE for move in moves),
            self.has_ops or not all(move.is_loop for move in moves),
            self.has_laps or any(not move.is_loop and move.floor != move.depth_above for move in moves),
        )

    def columns(self, rows: Ints) -> MoveColumns:
        """The moves of these parts."""
        flags, *fields = self.fields
        loops = flags.take(rows) != 0 if self.has_ops and (self.has_loops or self.has_idle) else None
        wanted = 7 if self.has_laps else 4 if self.has_ops else 2
        taken = [field.take(rows) for field in fields[:wanted]]
        return MoveColumns(self, loops, taken)


@dataclass(frozen=True, slots=True)
class MoveColumns:
    """One move of every network; `loops` tells those that are loops or idle where there are others, too."""

    table: MoveTable
    loops: Flags | None
    fields: list[Bytes]

    def of(self, networks: Ints) -> MoveColumns:
        """The moves of some of the networks."""
        loops = None if self.loops is None else self.loops.take(networks)
        return MoveColumns(self.table, loops, [field.take(networks) for field in self.fields])


def empty_table(parts: int) -> MoveTable:
    """A place at which so many parts have no move."""
    table = MoveTable(np.zeros((len(Move._fields), 0), dtype=np.int32))
    return table.with_moves([IDLE] * parts) if parts else table


def head_bytes(inputs: Ints, needs: Ints, moves: Sequence[MoveColumns]) -> Ints:
    """By network: as `nas.costing.moves.head_bytes`.

    All are walked in the arena that their largest piece needs, and those that gaps have made deeper again in
    larger ones, until none is.
    """
    heads, starts = needs.astype(np.int32), inputs.astype(np.int32)
    left = np.flatnonzero(_Walk(starts, heads).through(moves).deepest > heads)
    starts, moves = starts.take(left), [one.of(left) for one in moves]
    while len(left):
        walk = _Walk(starts, heads.take(left), turns=True).through(moves)
        heads[left] = walk.larger_arenas()
        again = np.flatnonzero(walk.deepest > walk.arenas)
        left, starts, moves = left.take(again), starts.take(again), [one.of(again) for one in moves]
    return heads.astype(np.int64)


class _Walk:
    """Where the tensors of many networks can lie, move after move; `turns` says whether to note turns."""

    def __init__(self, inputs: Bytes, arenas: Bytes, *, turns: bool = False) -> None:
        self.arenas = arenas
        self.depth = self.deepest = inputs
        self.low = np.zeros_like(inputs)
        self.turn = np.full_like(inputs, NEVER) if turns else None

    def through(self, moves: Sequence[MoveColumns]) -> _Walk:
        """Itself at the end."""
        for move in moves:
            self._move(move)
            self.deepest = np.maximum(self.deepest, self.depth)
        return self

    def larger_arenas(self) -> Bytes:
        """The arenas, and where they are too small the next ones to try."""
        assert self.turn is not None
        return np.where(self.deepest > self.arenas, np.minimum(self.deepest, self.turn), self.arenas)

    def _move(self, move: MoveColumns) -> None:
        table, depth, low = move.table, self.depth, self.low
        above, below = low + move.fields[0], depth + move.fields[1]
        if not table.has_ops:
            self.depth, self.low = self._looped(move, above, below)
            return
        depth_behind, low_behind = self._led_on(move, above, below)
        if move.loops is not None:
            if table.has_loops:
                depth, low = self._looped(move, above, below)
            depth_behind = np.where(move.loops, depth, depth_behind)
            low_behind = np.where(move.loops, low, low_behind)
        self.depth, self.low = depth_behind, low_behind

    def _looped(self, move: MoveColumns, above: Bytes, below: Bytes) -> tuple[Bytes, Bytes]:
        """Depth and low behind loops."""
        need, deeper = move.fields[:2]
        is_above, is_below = above > self.arenas, below > self.arenas
        self._note(is_above, above)
        self._note(is_below, below)
        depth = np.where(is_below, np.maximum(self.depth, need), self.depth)
        return depth, np.where(is_above, np.maximum(self.low, deeper), self.low)

    def _led_on(self, move: MoveColumns, above: Bytes, below: Bytes) -> tuple[Bytes, Bytes]:
        """Depth and low behind all other moves."""
        _, _, floor, low_above, *of_laps = move.fields
        depth_above = floor
        below = np.maximum(below, floor)
        too_high, too_deep = above > self.arenas, below > self.arenas
        self._note(too_high, above)
        self._note(too_deep, below)
        low = np.where(too_deep & ~too_high, self.low + low_above, 0)
        if of_laps:
            depth_above, deeper_below, low_below = of_laps
            low = np.where(too_deep & ~too_high, low, low_below)
            below = np.where(too_deep, below, np.maximum(self.depth + deeper_below, floor))
        return np.where(too_high, below, depth_above), low

    def _note(self, is_so: Flags, arenas: Bytes) -> None:
        """Notes the next arenas in which something would go otherwise."""
        if self.turn is not None:
            self.turn = np.where(is_so, np.minimum(self.turn, arenas), self.turn)
