"""Parts as columns of numbers, so that a population gathers what it needs of them in a few operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nas.costing.move_columns import IDLE, Ints, MoveTable, empty_table
from nas.costing.part import Part

Words = NDArray[np.uint64]
SUMS = 5
"""The first fields of a `Part`, which add up."""
PREPARING, NEED, BEHIND = SUMS, SUMS + 1, SUMS + 2
WORD = 64


class PartTable:
    """Parts by a key, each made when its key is first asked for; column 0 stands for no part.

    `figures` has a row for every figure of a part and one for the number of the shape behind it, `shapes` and
    `others` one for every word of its bits; of `moves` the first are the parts' last ones.
    """

    def __init__(self, make: Callable[[int], Part | None], number: Callable[[Part], int]) -> None:
        self._make = make
        self._number = number
        self._column_of: Ints = np.full(1, -1, dtype=np.int64)
        self.figures: Ints = np.zeros((BEHIND + 1, 1), dtype=np.int64)
        self.shapes: Words = np.zeros((0, 1), dtype=np.uint64)
        self.others: Words = np.zeros((0, 1), dtype=np.uint64)
        self.moves: list[MoveTable] = []

    def columns(self, keys: Ints) -> Ints:
        """The columns of these keys, which are not negative."""
        largest = int(keys.max())
        if largest >= len(self._column_of):
            unknown = np.full(2 * largest + 1 - len(self._column_of), -1, dtype=np.int64)
            self._column_of = np.concatenate([self._column_of, unknown])
        columns = self._column_of.take(keys)
        if int(columns.min()) < 0:
            self._add(np.unique(keys[columns < 0]))
            columns = self._column_of.take(keys)
        return columns

    def _add(self, keys: Ints) -> None:
        made = [self._make(int(key)) for key in keys]
        parts = [part for part in made if part is not None]
        count = self.figures.shape[1]
        if parts:
            self._append(parts)
        self._column_of[keys] = 0
        self._column_of[keys[[part is not None for part in made]]] = range(count, count + len(parts))

    def _append(self, parts: Sequence[Part]) -> None:
        before = self.figures.shape[1]
        figures = [(*part[:SUMS], part.preparing, part.need, self._number(part)) for part in parts]
        self.figures = np.hstack([self.figures, np.array(figures, dtype=np.int64).T])
        self.shapes = _with_words(self.shapes, [part.shapes for part in parts])
        self.others = _with_words(self.others, [part.others for part in parts])
        for place in range(max(len(self.moves), *(len(part.moves) for part in parts))):
            if place == len(self.moves):
                self.moves.append(empty_table(before))
            moves = [part.moves[-1 - place] if place < len(part.moves) else IDLE for part in parts]
            self.moves[place] = self.moves[place].with_moves(moves)


def _with_words(words: Words, masks: Sequence[int]) -> Words:
    """More columns, and as many rows as the longest mask asks for."""
    count = max(len(words), *(-(-mask.bit_length() // WORD) for mask in masks))
    taller = np.vstack([words, np.zeros((count - len(words), words.shape[1]), dtype=np.uint64)])
    raw = b"".join(mask.to_bytes(count * WORD // 8, "little") for mask in masks)
    return np.hstack([taller, np.frombuffer(raw, dtype="<u8").reshape(len(masks), count).T])
