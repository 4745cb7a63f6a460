import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nas.networks.weight_bank import WeightBank
from nas.phases.supernet import covering_graphs
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from tests.graphs import preset_spaces
from tests.nas.training.lessons import small_space
from tests.spaces import every_family_space, one_stage_space, two_stage_space

SPACES = [*preset_spaces(), small_space(), every_family_space(), one_stage_space(), two_stage_space()]


def shapes_of(graphs: list[Graph]) -> dict[str, tuple[int, ...]]:
    """What every slot has to hold: the largest extent along every axis."""
    shapes: dict[str, tuple[int, ...]] = {}
    for graph in graphs:
        for op in graph.ops:
            if op.weight:
                known = shapes.get(op.weight.slot, op.weight.shape)
                shapes[op.weight.slot] = tuple(map(max, known, op.weight.shape))
    return shapes


def missing(space: SearchSpace, count: int, seed: int) -> list[str]:
    """Slots that random networks read, and that the covering graphs have not, or have too small."""
    held, rng = shapes_of(list(covering_graphs(space))), random.Random(seed)
    wanted = shapes_of([lower(space, space.sample(rng)) for _ in range(count)])
    return [
        slot
        for slot, shape in wanted.items()
        if slot not in held or any(extent > room for extent, room in zip(shape, held[slot], strict=True))
    ]


@pytest.mark.parametrize("number", range(len(SPACES)))
def test_a_bank_of_the_covering_graphs_has_room_for_every_network_of_its_space(number: int):
    assert missing(SPACES[number], 300, seed=number) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(SPACES) - 1), st.integers(0, 10**6))
def test_so_it_has_in_a_space_that_was_trimmed(number: int, seed: int):
    space, rng = SPACES[number], random.Random(seed)
    allowed = [sorted(rng.sample(choices, rng.randint(1, len(choices)))) for choices in space.allowed]
    assert missing(space.trimmed(allowed), 40, seed) == []


@pytest.mark.parametrize("number", [0, 2, 5, 6])
def test_no_slot_is_larger_than_some_network_of_the_space_asks_for(number: int):
    # The covering graphs are networks of the space themselves: all their genes are allowed.
    space = SPACES[number]
    graphs = list(covering_graphs(space))
    bank = WeightBank.initialized(graphs, 0)
    shapes = shapes_of(graphs)
    assert {name: tuple(slot.weight.shape) for name, slot in bank.slots.items()} == shapes
    assert shapes["stem"][0] == max(space.stem.widths)
