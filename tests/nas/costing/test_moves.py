"""The walks in plain numbers and in columns lead to the arena of `constraints.arena.segments`."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.arena import segments
from constraints.arena.segments import Hop, Lap, Loop, Segment
from nas.costing import move_columns, moves
from nas.costing.move_columns import IDLE, empty_table
from nas.costing.moves import Move, merged, move_of

SIZES = st.integers(1, 40).map(lambda count: 16 * count)


@st.composite
def chains(draw: st.DrawFn) -> tuple[int, list[Segment]]:
    """A network's input, and segments that fit one another."""
    first = size = draw(SIZES)
    found: list[Segment] = []
    for _ in range(draw(st.integers(1, 9))):
        segment = draw(_segments(size))
        found.append(segment)
        size = segment.written_bytes if isinstance(segment, Hop) else size
        size = segment.inner_bytes - segment.low_bytes if isinstance(segment, Lap) else size
    return first, found


@st.composite
def _segments(draw: st.DrawFn, size: int) -> Segment:
    match draw(st.integers(0, 2)):
        case 0:
            written = draw(SIZES)
            gap = 16 * draw(st.integers(0, written // 16))
            return Hop(size, written, gap, draw(st.sampled_from((0, 0, 16, 160))))
        case 1:
            return Loop(size, draw(SIZES))
        case _:
            inner = draw(SIZES)
            low = 16 * draw(st.integers(0, inner // 16 - 1))
            return Lap(size, inner, draw(st.integers((inner - low) // 16, inner // 16)) * 16, low)


def together(chain: list[Segment]) -> tuple[Move, ...]:
    found: tuple[Move, ...] = ()
    for segment in chain:
        found = merged(found, (move_of(segment),))
    return found


@settings(derandomize=True, deadline=None, max_examples=400)
@given(chains())
def test_one_walk_in_numbers_ends_where_the_segments_do(drawn: tuple[int, list[Segment]]):
    first, chain = drawn
    need = max(segment.need_bytes for segment in chain)
    assert moves.head_bytes(first, need, together(chain)) == segments.head_bytes(first, chain)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(chains(), min_size=1, max_size=12))
def test_many_walks_at_once_end_where_each_does(drawn: list[tuple[int, list[Segment]]]):
    found = [together(chain) for _, chain in drawn]
    places = max(len(its_moves) for its_moves in found)
    padded = [(IDLE,) * (places - len(its_moves)) + its_moves for its_moves in found]
    everyone = np.arange(len(found))
    columns = [
        empty_table(0).with_moves(at_place).columns(everyone) for at_place in zip(*padded, strict=True)
    ]
    firsts = np.array([first for first, _ in drawn])
    needs = np.array([max(segment.need_bytes for segment in chain) for _, chain in drawn])
    expected = [segments.head_bytes(first, chain) for first, chain in drawn]
    assert move_columns.head_bytes(firsts, needs, columns).tolist() == expected
