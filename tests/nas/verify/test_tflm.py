import os
import subprocess
import sys

import numpy as np
import pytest

from constraints.arena.graph_program import program_of
from constraints.arena.layout import lay_out
from constraints.arena.liveness import lifetimes
from constraints.arena.placement import place
from constraints.arena.tail import tail_bytes
from constraints.arena.total import arena_bytes
from constraints.kernels import HOST
from nas.export.tflite import write_tflite
from nas.verify.native_stderr import native_stderr
from nas.verify.tflm import TflmRefused, record_arena, run_tflm, runs_within, tflm_version
from search_spaces.graph import Graph
from studies.untrained import random_images, random_network
from tests.graphs import branching_graph, random_network_graph, single_op_graphs

pytest.importorskip("tflite_micro")


def head_of(graph: Graph) -> int:
    """As TFLM's own planner lays it out."""
    return place(lifetimes(program_of(graph, HOST))).head_bytes


@pytest.mark.parametrize("seed", range(30))
def test_the_predicted_head_is_the_recorded_one_and_the_tail_too(seed: int):
    graph = random_network_graph(seed)
    recorded = record_arena(write_tflite(random_network(graph, seed)))
    assert recorded.head_bytes == head_of(graph)
    assert recorded.tail_bytes == tail_bytes(graph)
    assert recorded.total_bytes == recorded.head_bytes + recorded.tail_bytes


@pytest.mark.parametrize("name", single_op_graphs())
def test_the_arena_of_each_op_is_predicted(name: str):
    graph = single_op_graphs()[name]
    recorded = record_arena(write_tflite(random_network(graph, 0)))
    assert recorded.head_bytes == head_of(graph)
    assert recorded.tail_bytes == tail_bytes(graph)


@pytest.mark.parametrize("seed", range(10))
def test_the_head_of_a_network_with_branches_is_predicted(seed: int):
    graph = branching_graph(seed, 9)
    recorded = record_arena(write_tflite(random_network(graph, seed)))
    assert recorded.head_bytes == head_of(graph)


@pytest.mark.parametrize("seed", range(25))
def test_a_planned_network_takes_the_planned_head_and_computes_the_same(seed: int):
    graph = random_network_graph(seed) if seed % 5 else branching_graph(seed, 9)
    layout = lay_out(graph, HOST)
    network = random_network(layout.graph, seed)
    planned, plain = write_tflite(network, layout.plan.offsets), write_tflite(network, None)
    recorded, own = record_arena(planned), record_arena(plain)
    assert recorded.head_bytes == layout.plan.head_bytes <= own.head_bytes
    assert recorded.tail_bytes == own.tail_bytes == tail_bytes(layout.graph)
    images = random_images(layout.graph, 3, seed)
    np.testing.assert_array_equal(run_tflm(planned, images), run_tflm(plain, images))


@pytest.mark.parametrize(
    "name", ["pointwise", "strided", "vertical", "depthwise", "fully connected over a map"]
)
def test_an_overlap_of_one_step_more_than_planned_spoils_the_output(name: str):
    graph = single_op_graphs()[name]
    program = program_of(graph, HOST)
    (gap,) = program.steps[0].gaps
    assert gap is not None
    network, images = random_network(graph, 0), random_images(graph, 4, 0)
    right = run_tflm(write_tflite(network, None), images)
    enough, start = -(-gap // 16) * 16, {graph.output.name: 64}
    planned = write_tflite(network, start | {graph.input.name: 64 + enough})
    np.testing.assert_array_equal(run_tflm(planned, images), right)
    if gap > 0:
        too_close = write_tflite(network, start | {graph.input.name: 64 + (gap - 1) // 16 * 16})
        assert not np.array_equal(run_tflm(too_close, images), right)


@pytest.mark.parametrize("seed", [0, 3, 4, 8])
@pytest.mark.parametrize("planned", [True, False], ids=["planned", "plain"])
def test_a_network_runs_within_its_predicted_arena_and_not_in_less(seed: int, planned: bool):  # noqa: FBT001
    layout = lay_out(random_network_graph(seed), HOST)
    network = random_network(layout.graph, seed)
    model = write_tflite(network, layout.plan.offsets if planned else None)
    head = layout.plan.head_bytes if planned else head_of(layout.graph)
    predicted = arena_bytes(layout.graph, head)
    assert runs_within(model, predicted)
    assert not runs_within(model, predicted - 64)


@pytest.mark.parametrize(
    "name", ["fully connected", "depthwise", "global average pool", "two fully connected"]
)
def test_the_smallest_networks_run_within_their_predicted_arena_and_not_in_less(name: str):
    graph = single_op_graphs()[name]
    model = write_tflite(random_network(graph, 0))
    predicted = arena_bytes(graph, head_of(graph))
    assert runs_within(model, predicted)
    assert not runs_within(model, predicted - 64)


def test_outputs_come_one_row_an_image():
    graph = single_op_graphs()["fully connected"]
    images = random_images(graph, 7, 0)
    codes = run_tflm(write_tflite(random_network(graph, 0)), images)
    assert (codes.shape, codes.dtype) == ((7, 5), np.int8)


def test_images_of_another_shape_are_refused():
    graph = single_op_graphs()["fully connected"]
    with pytest.raises(TflmRefused, match=r"takes int8 images \(1, 1, 12\), got int8 \(1, 1, 11\)"):
        run_tflm(write_tflite(random_network(graph, 0)), np.zeros((1, 1, 1, 11), dtype=np.int8))


def test_what_is_no_model_is_refused():
    with pytest.raises(TflmRefused, match="cannot load the model"):
        record_arena(b"no model at all, but some text")


def test_the_version_is_that_of_the_wheel():
    version = tflm_version()
    assert version is not None
    assert version.startswith("0.dev")


def test_native_output_is_caught_and_the_terminal_given_back(capfd: pytest.CaptureFixture[str]):
    with native_stderr() as written:
        os.write(2, b"for us\n")
        assert written() == "for us\n"
    os.write(2, b"for the terminal\n")
    assert capfd.readouterr().err == "for the terminal\n"


def test_recording_leaves_the_terminal_alone(capfd: pytest.CaptureFixture[str]):
    record_arena(write_tflite(random_network(single_op_graphs()["pointwise"], 0)))
    assert capfd.readouterr().err == ""


def test_a_process_without_a_terminal_can_record():
    program = (
        "import os\nos.close(2)\nfrom nas.verify.native_stderr import native_stderr\n"
        "with native_stderr() as written:\n    os.write(2, b'caught')\n    text = written()\nprint(text)"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True)
    assert done.stdout == "caught\n"
