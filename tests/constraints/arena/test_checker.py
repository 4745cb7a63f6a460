import pytest

from constraints.arena.checker import BadPlacement, check_placement
from constraints.arena.graph_program import program_of
from constraints.arena.program import Program
from constraints.kernels import HOST, KernelLibrary, Kernels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph

APART = Kernels(KernelLibrary.OTHER)
GOOD = {"input": 192, "wide:0": 0, "narrow:0": 128, "sum:0": 0}


def residual_program(kernels: Kernels = APART) -> Program:
    return program_of(residual_graph(), kernels)


def residual_graph() -> Graph:
    """Input 64 B -> wide 128 B -> narrow 64 B -> + input = 64 B."""
    builder = GraphBuilder((4, 4, 4))
    wide = builder.conv(builder.input, "wide", 8)
    narrow = builder.conv(wide, "narrow", 4)
    builder.add(builder.input, narrow, "sum")
    return builder.build()


def test_a_plan_that_keeps_living_tensors_apart_is_accepted():
    check_placement(residual_program(), GOOD, 256)


@pytest.mark.parametrize(
    ("change", "arena", "words"),
    [
        ({"narrow:0": 112}, 256, "narrow writes narrow:0 at 112..176 over wide:0"),
        ({"input": 144}, 256, "narrow writes narrow:0 at 128..192 over input"),
        ({"sum:0": 160}, 256, "sum writes sum:0 at 160..224 over input"),
        ({"sum:0": 64, "narrow:0": 128, "input": 0}, 256, "wide writes wide:0 at 0..128 over input"),
        ({"sum:0": 8}, 256, "multiples of 16, sum:0 is at 8"),
        ({"input": 208}, 256, "input takes bytes 208..272 of an arena of 256 B"),
        ({"input": -64}, 256, "input takes bytes -64..0"),
    ],
)
def test_a_plan_that_would_destroy_a_value_is_refused(change: dict[str, int], arena: int, words: str):
    with pytest.raises(BadPlacement, match=words.replace(".", r"\.")):
        check_placement(residual_program(), GOOD | change, arena)


def test_a_tensor_without_a_place_is_refused():
    with pytest.raises(BadPlacement, match="narrow:0 has none"):
        check_placement(residual_program(), {"input": 0, "wide:0": 64}, 256)


def test_a_tensor_in_the_place_of_one_that_is_done_is_accepted():
    check_placement(residual_program(), GOOD | {"sum:0": 64}, 256)


def test_an_addition_may_write_over_a_summand_that_is_done():
    in_place = GOOD | {"sum:0": 192}
    check_placement(residual_program(HOST), in_place, 256)
    with pytest.raises(BadPlacement, match=r"sum writes sum:0 at 192\.\.256 over input"):
        check_placement(residual_program(APART), in_place, 256)


def test_an_output_over_bytes_that_are_yet_to_be_read_is_refused():
    # narrow (4 channels) reads wide (8 channels) pixel by pixel and may start 16 B below it, not where it is.
    below = GOOD | {"wide:0": 16, "narrow:0": 0, "sum:0": 144, "input": 144}
    check_placement(residual_program(HOST), below, 256)
    with pytest.raises(BadPlacement, match="narrow:0 at 16 over wide:0 at 16, 3 B of which it has not read"):
        check_placement(residual_program(HOST), below | {"narrow:0": 16}, 256)
