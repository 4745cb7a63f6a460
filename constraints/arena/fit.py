"""Places a handful of buffers of any shape: the general case, for what is not a chain.

Buffers are placed one after another, each at the lowest place that its neighbours allow. All orders are tried
for up to `ALL_ORDERS` buffers; beyond that, an order is improved by swapping two at a time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

ALL_ORDERS = 6
SWAPS = 600


@dataclass(frozen=True, slots=True)
class Piece:
    """A buffer alive from step `first` to step `last`, both included; bytes are aligned.

    `over` has, for what it may lie over, the least (start of that - own start).
    """

    name: str
    size_bytes: int
    first: int
    last: int
    over: dict[str, int]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Offsets by name, and the bytes from 0 that all of them take."""

    offsets: dict[str, int]
    total_bytes: int


def fit(pieces: Sequence[Piece], fixed: str | None = None) -> Fitted:
    """Places all pieces; `fixed` names one that must start at 0."""
    by_size = sorted(
        pieces, key=lambda piece: (piece.name != fixed, -piece.size_bytes, piece.first, piece.name)
    )
    rest = by_size if fixed is None else by_size[1:]
    lead = by_size[: len(by_size) - len(rest)]
    best = _place([*lead, *rest])
    bound = lower_bound(pieces)
    for order in _orders(rest):
        if best.total_bytes <= bound:
            break
        found = _place([*lead, *order])
        if found.total_bytes < best.total_bytes:
            best = found
    return best


def improve(pieces: Sequence[Piece], swaps: int, seed: int = 0) -> Fitted:
    """The best of many orders, each the best so far with two pieces swapped; for whole networks."""
    rng = random.Random(seed)
    order = sorted(pieces, key=lambda piece: (-piece.size_bytes, piece.first, piece.name))
    best = _place(order)
    bound = lower_bound(pieces)
    for _ in range(swaps if len(order) > 1 else 0):
        if best.total_bytes <= bound:
            break
        a, b = rng.sample(range(len(order)), 2)
        order[a], order[b] = order[b], order[a]
        found = _place(order)
        if found.total_bytes <= best.total_bytes:
            best = found
        else:
            order[a], order[b] = order[b], order[a]
    return best


def lower_bound(pieces: Sequence[Piece]) -> int:
    """Bytes that any placement takes: the largest piece, or two as close as they may lie over one another."""
    alone = max((piece.size_bytes for piece in pieces), default=0)
    sizes = {piece.name: piece.size_bytes for piece in pieces}
    pairs = (
        max(sizes[name] + gap, piece.size_bytes)
        for piece in pieces
        for name, gap in piece.over.items()
        if name in sizes and gap < piece.size_bytes
    )
    return max(alone, *pairs, 0)


def _orders(pieces: Sequence[Piece]) -> Iterable[Sequence[Piece]]:
    if len(pieces) <= ALL_ORDERS:
        yield from permutations(pieces)
        return
    rng = random.Random(len(pieces))
    order = list(pieces)
    for _ in range(SWAPS):
        a, b = rng.sample(range(len(order)), 2)
        order[a], order[b] = order[b], order[a]
        yield order


def _place(order: Sequence[Piece]) -> Fitted:
    """First fit in the order given."""
    offsets: dict[str, int] = {}
    placed: list[Piece] = []
    total = 0
    for piece in order:
        alive = [other for other in placed if other.first <= piece.last and piece.first <= other.last]
        allowed = [_allowed(piece, other, offsets[other.name]) for other in alive]
        offset = min(
            candidate
            for candidate in {0, *(place for places in allowed for place in places if place >= 0)}
            if all(_agrees(piece, candidate, other, offsets[other.name]) for other in alive)
        )
        offsets[piece.name] = offset
        placed.append(piece)
        total = max(total, offset + piece.size_bytes)
    return Fitted(offsets, total)


def _allowed(piece: Piece, other: Piece, there: int) -> tuple[int, ...]:
    """Places of a piece that just agree with another one: right above it, right below, or as far over it."""
    places = [there + other.size_bytes, there - piece.size_bytes]
    if other.name in piece.over:
        places.append(there - piece.over[other.name])
    if piece.name in other.over:
        places.append(there + other.over[piece.name])
    return tuple(places)


def _agrees(piece: Piece, here: int, other: Piece, there: int) -> bool:
    """Whether two pieces that are alive together may lie there."""
    if here + piece.size_bytes <= there or there + other.size_bytes <= here:
        return True
    if other.name in piece.over:
        return there - here >= piece.over[other.name]
    return piece.name in other.over and here - there >= other.over[piece.name]
