from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from nas.replan.rewrite import shortened, with_plan
from nas.tflite_file.read import read_model
from tests.graphs import random_network_graph
from tests.nas.replan.models import badly_ordered, halving_graph, own_file, with_dead_ends
from tests.nas.replan.object_tree import tree_of, with_one_of_everything

NAME = b"OfflineMemoryAllocation"


def _decorated() -> bytes:
    return with_one_of_everything(badly_ordered().write())


def _offsets(data: bytes, step: int = 16) -> list[int]:
    return [step * index for index in range(len(read_model(data).tensors))]


def _plan_bytes(offsets: list[int]) -> list[int]:
    return list(struct.pack(f"<{3 + len(offsets)}i", 1, 0, len(offsets), *offsets))


def test_all_else_of_a_file_stays_when_it_gets_a_plan() -> None:
    old = _decorated()
    before, after = tree_of(old), tree_of(with_plan(old, _offsets(old), range(5)))
    assert after["buffers"][:-1] == before["buffers"]
    assert after["buffers"][-1]["data"] == _plan_bytes(_offsets(old))
    assert after["metadata"][:-1] == before["metadata"]
    assert after["metadata"][-1] == {"name": NAME, "buffer": len(before["buffers"])}
    kept = before.keys() - {"buffers", "metadata"}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert after["description"] == b"made elsewhere"
    assert after["signatureDefs"][0]["signatureKey"] == b"serving_default"


def test_all_else_of_a_file_stays_when_its_operators_change_places() -> None:
    old, order = _decorated(), [1, 0, 3, 2, 4]
    before, after = tree_of(old), tree_of(with_plan(old, _offsets(old), order))
    subgraph, new = before["subgraphs"][0], after["subgraphs"][0]
    assert new["operators"] == [subgraph["operators"][index] for index in order]
    kept = subgraph.keys() - {"operators"}
    assert {key: new[key] for key in kept} == {key: subgraph[key] for key in kept}
    assert (new["name"], new["debugMetadataIndex"]) == (b"main", 7)
    kept = before.keys() - {"buffers", "metadata", "subgraphs"}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [1, 0, 3, 2, 4]])
def test_a_plan_that_is_there_is_replaced_and_not_joined(order: list[int]) -> None:
    old = with_one_of_everything(replace(badly_ordered(), plan=range(0, 160, 16)).write())
    new = with_plan(old, _offsets(old, 32), order)
    plans = [entry for entry in tree_of(new)["metadata"] if entry["name"] == NAME]
    assert len(plans) == 1
    assert read_model(new).offline_plan == tuple(_offsets(old, 32))
    if order == sorted(order):
        assert len(new) == len(old)


def test_a_plan_of_another_size_is_replaced() -> None:
    """One that no reader accepts is no reason to leave it in the file."""
    sound = badly_ordered().write()
    damaged = with_one_of_everything(replace(badly_ordered(), plan=(0, 16)).write())
    new = with_plan(damaged, _offsets(sound), range(5))
    assert read_model(new).offline_plan == tuple(_offsets(sound))


def test_data_keep_their_alignment_and_what_follows_the_file_stays_at_its_end() -> None:
    old = _decorated() + b"PK appended by another tool"
    new = with_plan(old, _offsets(old), [1, 0, 2, 3, 4])
    assert (len(new) - len(old)) % 16 == 0
    assert new.endswith(old)


@pytest.mark.parametrize("seed", range(4))
def test_weights_stand_in_the_file_as_they_stood(seed: int) -> None:
    old = own_file(random_network_graph(seed), seed)
    new = with_plan(old, _offsets(old), range(len(read_model(old).operators)))
    for one, other in zip(read_model(old).tensors, read_model(new).tensors, strict=True):
        assert (one.data is None) == (other.data is None)
        if one.data is not None and other.data is not None:
            assert other.data.start % 16 == 0
            assert old[one.data.start : one.data.end] == new[other.data.start : other.data.end]


def test_a_shortened_file_ends_with_the_tensor_asked_for() -> None:
    old = with_dead_ends().write()
    model = read_model(shortened(old, 3, 7))
    assert [op.code for op in model.operators] == ["CONV_2D"] * 3
    assert model.outputs == (7,)


def test_litert_runs_the_rewritten_file_with_the_same_outputs() -> None:
    interpreters = pytest.importorskip("ai_edge_litert.interpreter")
    old = with_one_of_everything(own_file(halving_graph()))
    new = with_plan(old, _offsets(old), range(5))
    inputs = np.random.default_rng(0).integers(-128, 128, (20, 1, 16, 16, 3), dtype=np.int8)
    results: list[list[bytes]] = []
    for data in (old, new):
        interpreter = interpreters.Interpreter(model_content=data)
        interpreter.allocate_tensors()
        results.append([])
        for one in inputs:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], one)
            interpreter.invoke()
            answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
            results[-1].append(answer.tobytes())
    assert results[0] == results[1]
    assert len(set(results[0])) > 5
