from dataclasses import replace

import pytest

from constraints.kernels import HOST
from nas.check.memory import Memory, memory_of
from nas.export.tflite import write_tflite
from nas.tflite_file.program import program_of
from nas.tflite_file.read import read_model
from nas.verify.isolated import record_isolated
from studies.untrained import random_network
from tests.graphs import branching_graph, random_network_graph
from tests.nas.tflite_file.foreign import Foreign, ForeignTensor
from tests.nas.tflite_file.foreign_models import branches, classifier


def memory(model: bytes) -> Memory:
    read = read_model(model)
    return memory_of(read, program_of(read, HOST))


def test_bytes_in_use_are_split_into_reads_writes_and_the_rest():
    """`branches`: 6 x 6 x 4 = 144 bytes, a multiple of 16, in each of five activations."""
    by_op = memory(branches().write()).by_op
    parts = [(one.reads, one.writes, one.keeps, one.scratch) for one in by_op]
    assert parts == [(144, 144, 0, 0), (144, 144, 144, 0), (288, 144, 0, 0), (144, 144, 0, 0)]
    assert [one.alive for one in by_op] == [288, 432, 432, 288]


def test_the_peak_is_the_first_operator_with_the_most_in_use():
    assert memory(branches().write()).peak_op == 1


def test_what_lies_over_something_else_is_counted_once():
    """The sum over its first summand and the product over the sum, as a plan in the file may have it."""
    plan = (0, -1, -1, 144, 288, -1, 288, 288)
    planned = memory(replace(branches(), plan=plan).write())
    assert [one.alive for one in planned.by_op] == [288, 432, 288, 144]
    assert planned.head_bytes == 432


@pytest.mark.parametrize("model", [classifier(), branches()], ids=["classifier", "branches"])
def test_the_head_of_a_foreign_file_is_the_recorded_one(model: Foreign):
    pytest.importorskip("tflite_micro")
    data = model.write()
    assert memory(data).head_bytes == record_isolated(data).head_bytes


@pytest.mark.parametrize("seed", range(4))
def test_the_head_of_a_written_network_is_the_recorded_one(seed: int):
    pytest.importorskip("tflite_micro")
    graph = random_network_graph(seed) if seed % 2 else branching_graph(seed, 9)
    data = write_tflite(random_network(graph, seed))
    assert memory(data).head_bytes == record_isolated(data).head_bytes


def test_a_plan_in_the_file_gives_the_head_that_tflm_records():
    pytest.importorskip("tflite_micro")
    # The left branch has no place of its own: the runtime finds one above 288 + 144.
    data = replace(branches(), plan=(0, -1, -1, -1, 288, -1, 640, 0)).write()
    head = memory(data).head_bytes
    assert head == 640 + 144
    assert head == record_isolated(data).head_bytes


def test_an_activation_that_nothing_touches_takes_room_all_the_same():
    pytest.importorskip("tflite_micro")
    idle = ForeignTensor((1, 1000), name="idle")
    data = replace(branches(), tensors=[*branches().tensors, idle], outputs=(7,)).write()
    assert memory(data).head_bytes == 1008
    assert record_isolated(data).head_bytes == 1008
