"""The pieces of a model file that its ops share, as bits: what a network shares is the union of its parts'."""

from __future__ import annotations

from collections.abc import Iterable

from constraints.flash import SharedPiece

SHAPE_EXTENTS = 4
CHUNK_BITS = 11
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

    def chunk_bytes(self, chunk: int) -> tuple[int, ...]:
        """By the value of `CHUNK_BITS` bits from `chunk` x `CHUNK_BITS` on: the bytes of those pieces."""
        sizes = [0]
        for size in self.other_bytes[chunk * CHUNK_BITS : (chunk + 1) * CHUNK_BITS]:
            sizes += [size + before for before in sizes]
        return tuple(sizes)

    @property
    def chunks(self) -> int:
        """How many chunks all pieces but the shapes take."""
        return -(-len(self.other_bytes) // CHUNK_BITS)

    def _number(self, piece: SharedPiece) -> int:
        if piece.key not in self.others:
            self.others[piece.key] = len(self.other_bytes)
            self.other_bytes.append(piece.parts.total)
        return self.others[piece.key]


def _is_map(piece: SharedPiece) -> bool:
    kind, extents = piece.key[0], piece.key[1]
    return kind == "shape" and isinstance(extents, tuple) and len(extents) == SHAPE_EXTENTS
