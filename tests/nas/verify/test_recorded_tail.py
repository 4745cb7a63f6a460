"""Predicted tails and least arenas beside those of TensorFlow Lite Micro, which shares no code with them."""

from __future__ import annotations

import random

import pytest

from constraints.arena.tail import tail_bytes
from constraints.arena.total import arena_bytes
from nas.export.tflite import write_tflite
from nas.verify.native_stderr import native_stderr
from nas.verify.tflm import record_arena
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from studies.untrained import random_network
from tests.graphs import branching_graph, preset_spaces, random_network_graph, single_op_graphs
from tests.spaces import every_family_space, one_stage_space, two_stage_space

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

SPACES = (*preset_spaces(), one_stage_space(), two_stage_space(), every_family_space())


def exported(graph: Graph, seed: int) -> bytes:
    return write_tflite(random_network(graph, seed))


def starts(model: bytes, arena: int) -> bool:
    try:
        with native_stderr():
            runtime.Interpreter.from_bytes(model, arena_size=arena)
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_the_tail_of_random_networks_is_predicted_to_the_byte(space: SearchSpace):
    rng = random.Random(5)
    for seed in range(4):
        graph = lower(space, space.sample(rng))
        assert record_arena(exported(graph, seed)).tail_bytes == tail_bytes(graph)


@pytest.mark.parametrize("name", single_op_graphs())
def test_the_tail_and_the_least_arena_of_each_op_are_predicted_to_the_byte(name: str):
    graph = single_op_graphs()[name]
    model = exported(graph, 0)
    recorded = record_arena(model)
    assert recorded.tail_bytes == tail_bytes(graph)
    predicted = arena_bytes(graph, recorded.head_bytes)
    assert starts(model, predicted)
    assert not starts(model, predicted - 16)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_arena_of_a_network_is_predicted_to_16_bytes(seed: int):
    graph = random_network_graph(seed) if seed % 2 else branching_graph(seed, 9)
    model = exported(graph, seed)
    predicted = arena_bytes(graph, record_arena(model).head_bytes)
    assert starts(model, predicted)
    assert not starts(model, predicted - 16)
