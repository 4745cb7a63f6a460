"""Figures of many networks, added up part by part."""

from __future__ import annotations

import numpy as np

from nas.costing.move_columns import Ints, MoveColumns
from nas.costing.part import COUNT, HALF
from nas.costing.shared import CHUNK_BITS, CHUNK_MASK, SharedPieces
from nas.costing.table import NEED, PREPARING, SUMS, WORD, PartTable, Word, Words
from nas.costing.tails import TailSums

LOW_HALF = (1 << HALF) - 1
LOW_COUNT = (1 << COUNT) - 1
NO_BITS = np.zeros(1, dtype=np.uint64)
FLASH_DATA, STRUCTS_LEFT, COUNTS = range(2, SUMS)


class Gathered:
    """The figures of `Part`, joined over the parts of each network: arrays with an entry a network."""

    def __init__(self, networks: int) -> None:
        self.sums = [np.zeros(networks, dtype=np.int64) for _ in range(SUMS)]
        self.need = np.zeros(networks, dtype=np.int64)
        self.moves: list[MoveColumns] = []
        self._preparing = np.zeros(networks, dtype=np.int64)
        self._shapes: dict[int, Word] = {}
        self._others: dict[int, Word] = {}

    def add(self, table: PartTable, columns: Ints) -> None:
        """Adds the next part of every network."""
        preparing = table.figures[PREPARING].take(columns)
        preparing += self.sums[STRUCTS_LEFT] >> HALF
        np.maximum(self._preparing, preparing, out=self._preparing)
        np.maximum(self.need, table.figures[NEED].take(columns), out=self.need)
        for total, figures in zip(self.sums, table.figures, strict=False):
            total += figures.take(columns)
        _join(self._shapes, table.shapes, columns)
        _join(self._others, table.others, columns)
        self.moves.extend(place.columns(columns) for place in reversed(table.moves))

    def counts(self) -> tuple[Ints, Ints, Ints]:
        """Tensors of the file, ops, and scratch requests."""
        counts = self.sums[COUNTS]
        return counts & LOW_COUNT, counts >> COUNT & LOW_COUNT, counts >> 2 * COUNT

    def tail_sums(self, requests: Ints) -> TailSums:
        """What the arena's tail depends on."""
        structs, left = self.sums[STRUCTS_LEFT] & LOW_HALF, self.sums[STRUCTS_LEFT] >> HALF
        return TailSums(structs, self.sums[FLASH_DATA] >> HALF, left, requests, self._preparing)

    def file_bytes(self, shared: SharedPieces) -> Ints:
        """Bytes of the file, but for its memory plan."""
        total = self.sums[FLASH_DATA] & LOW_HALF
        for word in self._shapes.values():
            total += np.bitwise_count(word) * np.int64(shared.shape_bytes)
        for number, table in enumerate(shared.arrays()):
            total += table.take(self._others_from(number * CHUNK_BITS))
        return total

    def _others_from(self, start: int) -> Ints:
        """`CHUNK_BITS` bits from `start` on; they may lie across two words."""
        number, shift = divmod(start, WORD)
        bits = self._others.get(number, NO_BITS) >> np.uint64(shift)
        if shift + CHUNK_BITS > WORD:
            bits = bits | self._others.get(number + 1, NO_BITS) << np.uint64(WORD - shift)
        return (bits & np.uint64(CHUNK_MASK)).astype(np.int64)


def _join(words: dict[int, Word], table: Words, columns: Ints) -> None:
    """Adds the bits of these columns to those of `words`."""
    for number, row in table.items():
        if number in words:
            words[number] |= row.take(columns)
        else:
            words[number] = row.take(columns)
