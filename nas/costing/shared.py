"""The pieces of a model file that its ops share, as bits: a network has the union of what its parts have."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from constraints.flash import SharedPiece

SHAPE_EXTENTS = 4
CHUNK_BITS = 12
"""Bits that are looked up together."""
CHUNK_MASK = (1 << CHUNK_BITS) - 1


class SharedPieces:
    """Numbers pieces as they are met.

    The shapes of maps, by far the most, all take the same bytes and only need to be counted; they are kept
    apart from the rest, whose bytes are looked up.
    """

    def __init__(self) -> None:
        self.shapes: dict[tuple[object, ...], int] = {}
        self.others: dict[tuple[object, ...], int] = {}
        self.other_bytes: list[int] = []
        self.shape_bytes = 0
        self._tables: list[list[int]] = []
        self._arrays: list[NDArray[np.int64]] = []
        self._tabled = 0

    def masks(self, pieces: Iterable[SharedPiece]) -> tuple[int, int]:
        """The bits of the shapes of maps among these pieces, and those of all others."""
        shapes = others = 0
        for piece in pieces:
            if _is_map(piece):
                self.shape_bytes = piece.parts.total
                shapes |= 1 << self.shapes.setdefault(piece.key, len(self.shapes))
            else:
                others |= 1 << self._number(piece)
        return shapes, others

    def size(self, shapes: int, others: int) -> int:
        """Bytes of all pieces of these bits."""
        total = self.shape_bytes * shapes.bit_count()
        for table in self.tables():
            total += table[others & CHUNK_MASK]
            others >>= CHUNK_BITS
        return total

    def tables(self) -> list[list[int]]:
        """For every `CHUNK_BITS` bits of `others`, lowest first: bytes by the value of those bits."""
        if self._tabled != len(self.other_bytes):
            starts = range(0, len(self.other_bytes), CHUNK_BITS)
            self._tables = [_sums(self.other_bytes[start : start + CHUNK_BITS]) for start in starts]
            self._arrays = [np.array(table, dtype=np.int64) for table in self._tables]
            self._tabled = len(self.other_bytes)
        return self._tables

    def arrays(self) -> list[NDArray[np.int64]]:
        """The same as arrays."""
        self.tables()
        return self._arrays

    def _number(self, piece: SharedPiece) -> int:
        if piece.key not in self.others:
            self.others[piece.key] = len(self.other_bytes)
            self.other_bytes.append(piece.parts.total)
        return self.others[piece.key]


def _is_map(piece: SharedPiece) -> bool:
    kind, extents = piece.key[0], piece.key[1]
    return kind == "shape" and isinstance(extents, tuple) and len(extents) == SHAPE_EXTENTS


def _sums(sizes: Iterable[int]) -> list[int]:
    """By the value of as many bits as there are sizes: the sum of those whose bit is set."""
    sums = [0]
    for size in sizes:
        sums += [size + before for before in sums]
    return sums
