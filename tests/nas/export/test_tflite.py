from dataclasses import replace

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.flash import flash_bytes
from nas.export.quantized_layout import QuantizationMismatch
from nas.export.tflite import write_tflite
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from nas.verify.tflm import run_tflm
from search_spaces.builder import GraphBuilder
from search_spaces.graph import UnsupportedOp
from tests.graphs import branching_graph, random_network_graph, single_op_graphs
from tests.quantized import random_images, random_network


def small_network() -> QuantizedNetwork:
    builder = GraphBuilder((6, 6, 2))
    x = builder.conv(builder.input, "stem", 3, (3, 3), (2, 2))
    x = builder.depthwise(x, "depthwise", (3, 3))
    x = builder.global_average_pool(x, "pool")
    builder.fully_connected(x, "head", 4)
    return random_network(builder.build(), 5)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_the_predicted_file_size_is_the_written_one(seed: int):
    graph = random_network_graph(seed)
    assert flash_bytes(graph) == len(write_tflite(random_network(graph, seed)))


@pytest.mark.parametrize("name", single_op_graphs())
def test_the_predicted_size_of_the_smallest_files_is_the_written_one(name: str):
    graph = single_op_graphs()[name]
    assert flash_bytes(graph) == len(write_tflite(random_network(graph, 0)))


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
def test_a_network_with_branches_runs_in_its_order_of_least_memory(seed: int):
    pytest.importorskip("tflite_micro")
    from nas.networks.integer import run_integer

    network = random_network(branching_graph(seed, 9), seed)
    images = random_images(network.graph, 5, seed)
    np.testing.assert_array_equal(
        run_integer(network, images), run_tflm(write_tflite(network), images).reshape(5, -1)
    )


@pytest.mark.parametrize("seed", range(4))
def test_litert_runs_the_file_to_within_one_step(seed: int):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = random_network(random_network_graph(seed), seed)
    images = random_images(network.graph, 3, seed)
    model = write_tflite(network)
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
