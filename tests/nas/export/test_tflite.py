from dataclasses import replace

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.flash import flash_bytes, flash_parts
from nas.export.quantized_layout import QuantizationMismatch
from nas.export.tflite import write_tflite
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from nas.verify.tflm import record_arena, run_tflm
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, Op, UnsupportedOp
from studies.untrained import random_images, random_network
from tests.graphs import branching_graph, random_network_graph, single_op_graphs


def small_network() -> QuantizedNetwork:
    builder = GraphBuilder((6, 6, 2))
    x = builder.conv(builder.input, "stem", 3, (3, 3), (2, 2))
    x = builder.depthwise(x, "depthwise", (3, 3))
    x = builder.global_average_pool(x, "pool")
    builder.fully_connected(x, "head", 4)
    return random_network(builder.build(), 5)


def other_order(graph: Graph) -> Graph:
    """The same network, always the last op of those that can run."""
    left = list(graph.ops)
    written = {graph.input.name}
    ordered: list[Op] = []
    while left:
        # The last one writes the network's output.
        able = [op for op in left[:-1] or left if written.issuperset(op.inputs)]
        left.remove(able[-1])
        written.add(able[-1].output)
        ordered.append(able[-1])
    return graph.with_order(ordered)


def plan_of(graph: Graph) -> dict[str, int]:
    """Every activation above the one before it: no runtime would choose this."""
    offsets: dict[str, int] = {}
    top = 0
    for tensor in graph.tensors.values():
        offsets[tensor.name] = top
        top += -(-tensor.size_bytes // 16) * 16
    return offsets


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.booleans())
def test_the_predicted_file_size_is_the_written_one(seed: int, planned: bool):  # noqa: FBT001 - drawn
    graph = random_network_graph(seed)
    written = write_tflite(random_network(graph, seed), plan_of(graph) if planned else None)
    assert flash_bytes(graph, plan_in_file=planned) == len(written)


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("name", single_op_graphs())
def test_the_predicted_size_of_the_smallest_files_is_the_written_one(name: str, planned: bool):  # noqa: FBT001
    graph = single_op_graphs()[name]
    written = write_tflite(random_network(graph, 0), plan_of(graph) if planned else None)
    assert flash_bytes(graph, plan_in_file=planned) == len(written)


def test_the_size_does_not_depend_on_the_order_of_the_ops():
    changed = 0
    for seed in range(10):
        graph = branching_graph(seed, 9)
        reordered = other_order(graph)
        sizes = {len(write_tflite(random_network(one, seed))) for one in (graph, reordered)}
        assert sizes == {flash_bytes(graph)} == {flash_bytes(reordered)}
        changed += graph.ops != reordered.ops
    assert changed > 5


def test_the_parts_of_a_file_are_those_of_the_network():
    graph = small_network().graph
    parts = flash_parts(graph)
    assert parts.weights == 3 * 2 * 9 + 3 * 9 + 4 * 3
    assert parts.biases == 4 * (3 + 3 + 4)
    # Scales of 3, 3 and 1 channels, of the last bias and of all activations but the pool's; zero points of
    # three channels, of one, the input, all ReLUs and the logits; tables of 12 B and the depthwise one.
    scales = 4 * (4 + 4 + 2 + 2 + 2 + 2 + 2 + 2)
    zero_points = (4 + 8 * 3) + (4 + 8) * 4
    assert parts.quantization == scales + zero_points + 7 * 12 + 16
    assert parts.total == flash_bytes(graph)


def test_tflm_places_activations_where_the_file_says():
    graph = random_network_graph(3)
    network = random_network(graph, 3)
    offsets = plan_of(graph)
    planned, unplanned = write_tflite(network, offsets), write_tflite(network)
    last = next(reversed(offsets))
    head = offsets[last] + -(-graph.tensors[last].size_bytes // 16) * 16
    assert record_arena(planned).head_bytes == head > record_arena(unplanned).head_bytes
    images = random_images(graph, 4, 3)
    np.testing.assert_array_equal(run_tflm(planned, images), run_tflm(unplanned, images))


def test_a_plan_that_lacks_an_activation_is_refused():
    network = small_network()
    offsets = plan_of(network.graph)
    del offsets["pool:0"]
    with pytest.raises(ValueError, match="an offset for every activation, got none for pool:0"):
        write_tflite(network, offsets)


def test_an_unusual_zero_point_after_a_relu_costs_sixteen_bytes_at_most():
    network = small_network()
    relu = network.activations["depthwise:0"]
    odd = dict.fromkeys(("depthwise:0", "pool:0"), ActivationQuantization(relu.scale, -120))
    changed = replace(network, activations=network.activations | odd)
    assert 0 <= len(write_tflite(changed)) - flash_bytes(network.graph) <= 16


def test_the_file_holds_what_the_network_holds():
    network = small_network()
    model = tflite.Model.GetRootAs(write_tflite(network), 0)
    graph = model.Subgraphs(0)
    assert (model.SubgraphsLength(), graph.OperatorsLength(), graph.TensorsLength()) == (1, 4, 11)
    source = graph.Tensors(graph.Inputs(0))
    assert source.ShapeAsNumpy().tolist() == [1, 6, 6, 2]
    assert source.Type() == tflite.TensorType.INT8
    quantization = source.Quantization()
    assert quantization.Scale(0) == np.float32(network.activations["input"].scale)
    assert quantization.ZeroPoint(0) == network.activations["input"].zero_point
    weights = graph.Tensors(graph.Operators(0).Inputs(1))
    codes = model.Buffers(weights.Buffer()).DataAsNumpy().view(np.int8).reshape(weights.ShapeAsNumpy())
    np.testing.assert_array_equal(codes, network.weights["stem"].codes.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(weights.Quantization().ScaleAsNumpy(), network.weights["stem"].scales)
    assert weights.Quantization().ZeroPointAsNumpy().tolist() == [0, 0, 0]
    bias = graph.Tensors(graph.Operators(0).Inputs(2))
    assert bias.Quantization() is None
    np.testing.assert_array_equal(
        model.Buffers(bias.Buffer()).DataAsNumpy().view(np.int32), network.weights["stem"].bias
    )


def test_depthwise_weights_are_quantized_along_their_last_axis():
    network = small_network()
    graph = tflite.Model.GetRootAs(write_tflite(network), 0).Subgraphs(0)
    weights = graph.Tensors(graph.Operators(1).Inputs(1))
    assert weights.ShapeAsNumpy().tolist() == [1, 3, 3, 3]
    assert weights.Quantization().QuantizedDimension() == 3


def test_data_start_at_multiples_of_sixteen():
    raw = write_tflite(small_network())
    model = tflite.Model.GetRootAs(raw, 0)
    file = np.frombuffer(raw, dtype=np.uint8)
    starts = [model.Buffers(index).DataAsNumpy() for index in range(1, model.BuffersLength())]
    base = file.ctypes.data
    model = tflite.Model.GetRootAs(file, 0)
    assert all(
        (model.Buffers(index + 1).DataAsNumpy().ctypes.data - base) % 16 == 0 for index in range(len(starts))
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_network_with_branches_runs_in_the_order_given(seed: int):
    pytest.importorskip("tflite_micro")
    from nas.networks.integer import run_integer

    graph = branching_graph(seed, 9)
    images = random_images(graph, 5, seed)
    network = random_network(other_order(graph), seed)
    model = write_tflite(network)
    np.testing.assert_array_equal(run_integer(network, images), run_tflm(model, images).reshape(5, -1))
    written = tflite.Model.GetRootAs(model, 0).Subgraphs(0)
    outputs = [written.Operators(index).Outputs(0) for index in range(written.OperatorsLength())]
    shapes = [tuple(written.Tensors(output).ShapeAsNumpy()[1:]) for output in outputs]
    assert shapes == [network.graph.output_of(op).shape for op in network.graph.ops]


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_litert_runs_the_file_to_within_one_step(seed: int, planned: bool):  # noqa: FBT001 - a parameter
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = random_network(random_network_graph(seed), seed)
    images = random_images(network.graph, 3, seed)
    model = write_tflite(network, plan_of(network.graph) if planned else None)
    # Its reference kernels: the optimized ones round differently, which adds up over a deep network.
    kernels = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=model, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        codes = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        np.testing.assert_allclose(codes.astype(int), run_tflm(model, image[None]).astype(int), atol=1)


def test_a_pool_that_changes_the_scale_is_refused():
    network = small_network()
    changed = network.activations | {"pool:0": ActivationQuantization(0.5, 0)}
    with pytest.raises(QuantizationMismatch, match="pool pool must carry its input's quantization"):
        write_tflite(replace(network, activations=changed))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (
            QuantizedWeights(np.zeros((4, 9), np.int8), np.ones(1, np.float32), np.zeros(4, np.int32)),
            "int8 codes \\(4, 3\\)",
        ),
        (
            QuantizedWeights(np.zeros((4, 3), np.int8), np.ones(4, np.float32), np.zeros(4, np.int32)),
            "1 positive weight",
        ),
        (
            QuantizedWeights(np.zeros((4, 3), np.int8), np.zeros(1, np.float32), np.zeros(4, np.int32)),
            "1 positive",
        ),
    ],
)
def test_weights_that_do_not_match_their_op_are_refused(bad: QuantizedWeights, words: str):
    network = small_network()
    with pytest.raises(QuantizationMismatch, match=words):
        write_tflite(replace(network, weights=network.weights | {"head": bad}))


def test_missing_or_impossible_quantization_is_refused():
    network = small_network()
    with pytest.raises(QuantizationMismatch, match="tensor stem:0 has no quantization"):
        write_tflite(replace(network, activations={"input": network.activations["input"]}))
    for bad in (
        ActivationQuantization(0.0, 0),
        ActivationQuantization(1.0, 128),
        ActivationQuantization(np.nan, 0),
    ):
        with pytest.raises(QuantizationMismatch, match="positive scale"):
            write_tflite(replace(network, activations=network.activations | {"stem:0": bad}))
    with pytest.raises(QuantizationMismatch, match="op head has no quantized weights"):
        write_tflite(
            replace(network, weights={key: w for key, w in network.weights.items() if key != "head"})
        )


def test_a_map_made_from_a_flat_output_is_refused():
    builder = GraphBuilder((1, 1, 4))
    x = builder.fully_connected(builder.input, "flat", 4)
    builder.conv(x, "after", 2)
    with pytest.raises(UnsupportedOp, match="after reads the flat output"):
        write_tflite(random_network(builder.build(), 0))
