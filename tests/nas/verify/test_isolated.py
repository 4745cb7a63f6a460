import numpy as np
import pytest

from nas.export.tflite import write_tflite
from nas.verify.isolated import record_isolated, run_isolated, time_isolated
from nas.verify.tflm import TflmRefused, record_arena, run_tflm
from studies.untrained import random_images, random_network
from tests.graphs import random_network_graph, single_op_graphs
from tests.nas.tflite_file.foreign import Foreign, ForeignOperator, ForeignTensor, fused_options
from tests.nas.tflite_file.foreign_models import B

pytest.importorskip("tflite_micro")


def written(name: str) -> bytes:
    return write_tflite(random_network(single_op_graphs()[name], 0))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_child_records_and_computes_what_this_process_does(seed: int):
    graph = random_network_graph(seed)
    model = write_tflite(random_network(graph, seed))
    images = random_images(graph, 5, seed)
    assert record_isolated(model) == record_arena(model)
    assert np.array_equal(run_isolated(model, images), run_tflm(model, images))


def test_several_inputs_are_given_one_after_another():
    tensors = [ForeignTensor((1, 4)), ForeignTensor((1, 4)), ForeignTensor((1, 4))]
    add = ForeignOperator(B.ADD, (0, 1), (2,), fused_options("AddOptions"))
    model = Foreign(tensors, [add], inputs=(0, 1)).write()
    samples = np.array([[1, 2, 3, 4, 10, 20, 30, 40], [5, 5, 5, 5, -5, -6, -7, -8]], dtype=np.int8)
    outputs = run_isolated(model, samples, input_count=2)
    assert outputs.tolist() == [[11, 22, 33, 44], [0, -1, -2, -3]]


def test_samples_of_another_size_are_refused():
    with pytest.raises(TflmRefused, match="cannot run the model"):
        run_isolated(written("fully connected"), np.zeros((1, 11), dtype=np.int8))


def test_no_samples_are_refused():
    with pytest.raises(TflmRefused, match="one at least"):
        run_isolated(written("fully connected"), np.zeros((0, 12), dtype=np.int8))


def test_a_runtime_that_dies_is_one_sentence():
    """An operator that names a tensor far outside of the file: the runtime follows it."""
    tensors = [ForeignTensor((1, 4)), ForeignTensor((1, 4)), ForeignTensor((1, 4))]
    add = ForeignOperator(B.ADD, (0, 100_000_000), (2,), fused_options("AddOptions"))
    with pytest.raises(TflmRefused, match=r"died of the model \(SIG") as error:
        record_isolated(Foreign(tensors, [add]).write())
    assert "\n" not in str(error.value)


def test_a_runtime_that_takes_too_long_is_ended():
    with pytest.raises(TflmRefused, match="not done with the model after"):
        record_isolated(written("pointwise"), seconds=0.01)


def test_the_times_of_many_inferences_are_summed_up():
    timed = time_isolated(written("depthwise"))
    assert 0 < timed.least_ms <= timed.median_ms
    assert timed.runs > 10


def test_what_the_runtime_says_is_passed_on():
    tensors = [ForeignTensor((1, 4)), ForeignTensor((1, 4))]
    model = Foreign(tensors, [ForeignOperator("NoSuchOperator", (0,), (1,))]).write()
    with pytest.raises(TflmRefused, match="op code CUSTOM"):
        record_isolated(model)
