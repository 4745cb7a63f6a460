"""Parts as columns of numbers, so that a population gathers what it needs of them in a few operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nas.costing.move_columns import IDLE, LARGEST, Ints, MoveTable, empty_table
from nas.costing.part import Inseparable, Part

Word = NDArray[np.uint64]
Words = dict[int, Word]
"""64 bits of every part, by the number of the word; those that no part has a bit of are left out."""
SUMS = 5
"""The first fields of a `Part`, which add up."""
PREPARING, NEED, BEHIND = SUMS, SUMS + 1, SUMS + 2
WORD = 64


class PartTable:
    """Parts by a key, each made when its key is first asked for; column 0 stands for no part.

    `figures` has a row for every figure of a part and one for the number of the shape behind it, `shapes` and
    `others` are its bits; of `moves` the first are the parts' last ones.
    """

    def __init__(self, make: Callable[[int], Part | None], number: Callable[[Part], int]) -> None:
        self._make = make
        self._number = number
        self._column_of: Ints = np.full(1, -1, dtype=np.int64)
        self.figures: Ints = np.zeros((BEHIND + 1, 1), dtype=np.int64)
        self.shapes: Words = {}
        self.others: Words = {}
        self.moves: list[MoveTable] = []

    def columns(self, keys: Ints) -> Ints:
        """The columns of these keys, which are not negative.

        Raises:
            Inseparable: a part is not costed alone, or is too large.
            UnsupportedOp: the cost of an op is not known.
        """
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
        if max(part.need for part in parts) > LARGEST:
            raise Inseparable(f"a part needs more than {LARGEST:,} B, which tables have no room for")
        before = self.figures.shape[1]
        figures = [(*part[:SUMS], part.preparing, part.need, self._number(part)) for part in parts]
        self.figures = np.hstack([self.figures, np.array(figures, dtype=np.int64).T])
        _add_bits(self.shapes, before, [part.shapes for part in parts])
        _add_bits(self.others, before, [part.others for part in parts])
        for place in range(max(len(self.moves), *(len(part.moves) for part in parts))):
            if place == len(self.moves):
                self.moves.append(empty_table(before))
            moves = [part.moves[-1 - place] if place < len(part.moves) else IDLE for part in parts]
            self.moves[place] = self.moves[place].with_moves(moves)


def _add_bits(words: Words, before: int, masks: Sequence[int]) -> None:
    """Adds columns to those that were there `before`."""
    count = max(-(-mask.bit_length() // WORD) for mask in masks)
    raw = b"".join(mask.to_bytes(count * WORD // 8, "little") for mask in masks)
    added = dict(enumerate(np.frombuffer(raw, dtype="<u8").reshape(len(masks), count).T))
    for number in {*words, *(number for number, word in added.items() if word.any())}:
        known = words.get(number, np.zeros(before, dtype=np.uint64))
        words[number] = np.concatenate([known, added.get(number, np.zeros(len(masks), dtype=np.uint64))])
