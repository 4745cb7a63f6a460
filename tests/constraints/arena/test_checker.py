import pytest

from constraints.arena.checker import BadPlacement, check_placement
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph

GOOD = {"input": 192, "wide:0": 0, "narrow:0": 128, "sum:0": 0}


def residual_graph() -> Graph:
    """Input 64 B -> wide 128 B -> narrow 64 B -> + input = 64 B."""
    builder = GraphBuilder((4, 4, 4))
    wide = builder.conv(builder.input, "wide", 8)
    narrow = builder.conv(wide, "narrow", 4)
    builder.add(builder.input, narrow, "sum")
    return builder.build()


def test_a_plan_that_keeps_living_tensors_apart_is_accepted():
    check_placement(residual_graph(), GOOD, 256)


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
        check_placement(residual_graph(), GOOD | change, arena)


def test_a_tensor_without_a_place_is_refused():
    with pytest.raises(BadPlacement, match="narrow:0 has none"):
        check_placement(residual_graph(), {"input": 0, "wide:0": 64}, 256)


def test_a_tensor_in_the_place_of_one_that_is_done_is_accepted():
    check_placement(residual_graph(), GOOD | {"sum:0": 64}, 256)
