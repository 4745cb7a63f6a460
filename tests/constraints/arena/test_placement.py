from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.arena.checker import check_placement
from constraints.arena.graph_program import program_of
from constraints.arena.liveness import Buffer, alive_bytes, lifetimes
from constraints.arena.placement import Placement, place
from constraints.kernels import HOST
from tests.graphs import branching_graph, random_network_graph

buffers = st.builds(
    lambda size, first, length: Buffer("b", 16 * size, first, first + length),
    st.integers(1, 20),
    st.integers(0, 8),
    st.integers(0, 5),
)


def test_the_largest_buffer_comes_first_and_of_equal_ones_the_last():
    # Sorted: wide (128), then sum, narrow, input (64 each, the last added first).
    # wide [0, 1] -> 0. sum [2, 2] lives with neither -> 0. narrow [1, 2]: past wide's 128 -> 128.
    # input [0, 2]: past wide to 128, there is narrow to 192 -> 192. The head is 192 + 64.
    placed = place(
        [
            Buffer("input", 64, 0, 2),
            Buffer("wide", 128, 0, 1),
            Buffer("narrow", 64, 1, 2),
            Buffer("sum", 64, 2, 2),
        ]
    )
    assert placed == Placement((192, 0, 128, 0), 256)


def test_a_buffer_goes_into_the_first_gap_that_holds_it():
    # a (64) [0, 3] -> 0. b (48) [0, 1] -> 64. c (32) [0, 3] -> 112. d (16) [2, 3] lives with a (0..64) and c
    # (112..144): the gap 64..112 that b has left holds it.
    placed = place(
        [Buffer("a", 64, 0, 3), Buffer("b", 48, 0, 1), Buffer("c", 32, 0, 3), Buffer("d", 16, 2, 3)]
    )
    assert placed == Placement((0, 64, 112, 64), 144)


def test_no_buffers_take_no_room():
    assert place([]) == Placement((), 0)


@settings(derandomize=True, deadline=None)
@given(st.lists(buffers, max_size=12))
def test_two_buffers_alive_together_never_share_a_byte(wanted: list[Buffer]):
    placed = place(wanted)
    owner: dict[tuple[int, int], int] = {}
    for index, (buffer, offset) in enumerate(zip(wanted, placed.offsets, strict=True)):
        assert offset % 16 == 0
        assert offset + buffer.size_bytes <= placed.head_bytes
        for time in range(buffer.first, buffer.last + 1):
            for byte in range(offset, offset + buffer.size_bytes, 16):
                assert owner.setdefault((time, byte), index) == index


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_every_plan_passes_the_checker_and_holds_at_least_the_peak(seed: int, branches: bool):  # noqa: FBT001
    graph = branching_graph(seed, 9) if branches else random_network_graph(seed)
    program = program_of(graph, HOST)
    wanted = lifetimes(program)
    placed = place(wanted)
    offsets = {buffer.name: offset for buffer, offset in zip(wanted, placed.offsets, strict=True)}
    check_placement(program, offsets, placed.head_bytes)
    assert placed.head_bytes >= max(alive_bytes(program))


@settings(derandomize=True, deadline=None)
@given(st.lists(buffers, min_size=1, max_size=12), st.data())
def test_fixed_buffers_stay_and_others_never_lie_over_what_is_alive_with_them(
    wanted: list[Buffer], data: st.DataObject
):
    fixed = [data.draw(st.none() | st.integers(0, 30).map(lambda place: 16 * place)) for _ in wanted]
    rows = list(zip(wanted, place(wanted, fixed).offsets, fixed, strict=True))
    for index, (buffer, offset, given_place) in enumerate(rows):
        assert given_place is None or offset == given_place
        for other, there, other_given in rows[:index]:
            alive_together = buffer.first <= other.last and other.first <= buffer.last
            if alive_together and (given_place is None or other_given is None):
                assert offset + buffer.size_bytes <= there or there + other.size_bytes <= offset


def test_what_a_plan_leaves_open_goes_around_what_it_places():
    # b is placed first, at 32; a (64) does not fit below it and goes above its end at 80, c (32) fits below.
    placed = place([Buffer("a", 64, 0, 1), Buffer("b", 48, 0, 1), Buffer("c", 32, 0, 1)], (None, 32, None))
    assert placed == Placement((80, 32, 0), 144)
