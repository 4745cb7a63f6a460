from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from nas.export.onnx import write_onnx
from nas.export.quantized_layout import QuantizationMismatch
from nas.networks.integer import run_integer
from nas.quantized_network import QuantizedNetwork
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, Op, OpKind
from studies.untrained import random_images, random_network
from tests.graphs import branching_graph, random_network_graph, single_op_graphs

FUSED = {
    *("QLinearConv", "QLinearAdd", "QLinearAveragePool", "QLinearGlobalAveragePool", "QGemm", "NhwcMaxPool"),
    *("MaxPool", "Transpose", "Flatten", "DequantizeLinear"),
}


def small_graph() -> Graph:
    builder = GraphBuilder((10, 9, 2))
    x = builder.conv(builder.input, "stem", 6, (3, 3), (2, 2))
    x = builder.depthwise(x, "depthwise", (5, 3))
    builder.fully_connected(builder.global_average_pool(x, "pool"), "classify", 8)
    return builder.build()


def session_of(model: bytes, optimized: Path | None = None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Exact sums on processors without VNNI instructions too.
    options.add_session_config_entry("session.x64quantprecision", "1")
    if optimized:
        options.optimized_model_filepath = str(optimized)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def pixels_of(images: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Raw bytes, (count, channels, height, width)."""
    return (images.astype(np.int16) + 128).astype(np.uint8).transpose(0, 3, 1, 2)


def run(network: QuantizedNetwork, images: NDArray[np.int8]) -> NDArray[np.float32]:
    return session_of(write_onnx(network)).run(["logits"], {"pixels": pixels_of(images)})[0]


def steps_from_integers(network: QuantizedNetwork, images: NDArray[np.int8]) -> NDArray[np.int64]:
    """By how many steps of the output's scale the two runtimes differ."""
    rule = network.activations[network.graph.output.name]
    codes = np.round(run(network, images) / np.float32(rule.scale)) + rule.zero_point
    return np.abs(codes - run_integer(network, images)).astype(np.int64)


def only(network: QuantizedNetwork, op: Op) -> QuantizedNetwork:
    """The network of one op that reads one tensor."""
    source = network.graph.tensors[op.inputs[0]]
    alone = replace(op, name="op", inputs=("input",))
    tensors = {"input": replace(source, name="input"), op.output: network.graph.output_of(op)}
    rules = {"input": network.activations[source.name], op.output: network.activations[op.output]}
    weights = {"op": network.weights[op.name]} if op.weight else {}
    return QuantizedNetwork(Graph(tensors["input"], (alone,), tensors), rules, weights)


def activations_of(network: QuantizedNetwork, images: NDArray[np.int8]) -> dict[str, NDArray[np.int8]]:
    """Every tensor's int8 codes in ONNX Runtime, (count, height, width, channels)."""
    model = onnx.load_from_string(write_onnx(network))
    names = [op.output for op in network.graph.ops]
    for name in names:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(f"{name}/codes"))
    found = session_of(model.SerializeToString()).run(
        [f"{name}/codes" for name in names], {"pixels": pixels_of(images)}
    )
    given = {network.graph.input.name: images}
    for name, codes in zip(names, found, strict=True):
        maps = codes.reshape(*codes.shape, 1, 1) if codes.ndim == 2 else codes
        given[name] = (maps.astype(np.int16) - 128).astype(np.int8).transpose(0, 2, 3, 1)
    return given


def reals(network: QuantizedNetwork, name: str, codes: NDArray[np.int8]) -> NDArray[np.float64]:
    rule = network.activations[name]
    return (codes.astype(np.float64) - rule.zero_point) * rule.scale


def balanced(network: QuantizedNetwork, images: NDArray[np.int8]) -> QuantizedNetwork:
    """The network with biases in its last layer under which no class stands out on these images."""
    op = network.graph.ops[-1]
    means = reals(network, op.output, run_integer(network, images)).mean(axis=0)
    weights = network.weights[op.name]
    step = network.activations[op.inputs[0]].scale * weights.scales
    bias = weights.bias - np.round(means / step).astype(np.int32)
    return replace(network, weights=network.weights | {op.name: replace(weights, bias=bias)})


@pytest.mark.parametrize("name", [name for name in single_op_graphs() if name != "residual"])
def test_every_way_to_write_an_op_is_within_one_step_of_the_integer_arithmetic(name: str):
    graph = single_op_graphs()[name]
    network = random_network(graph, 5)
    assert steps_from_integers(network, random_images(graph, 50, 5)).max() <= 1


def test_a_relu_holds_where_codes_could_say_less_than_zero():
    network = random_network(single_op_graphs()["pointwise"], 5)
    rules = network.activations | {"op:0": replace(network.activations["op:0"], zero_point=-100)}
    odd = replace(network, activations=rules)
    images = random_images(network.graph, 20, 5)
    assert run_integer(odd, images).min() == -100
    assert steps_from_integers(odd, images).max() <= 1


@pytest.mark.parametrize("seed", range(10))
def test_every_op_of_a_network_is_within_one_step_of_the_integer_arithmetic(seed: int):
    network = random_network(random_network_graph(seed), seed)
    images = random_images(network.graph, 2, seed)
    given = activations_of(network, images)
    for op in network.graph.ops:
        if op.kind is not OpKind.ADD:
            expected = run_integer(only(network, op), given[op.inputs[0]])
            found = given[op.output].reshape(len(images), -1)
            assert np.abs(found.astype(int) - expected).max() <= 1, op.name


@pytest.mark.parametrize("seed", range(12))
def test_every_sum_of_a_branching_network_is_the_nearest_code(seed: int):
    network = random_network(branching_graph(seed, ops=12), seed)
    given = activations_of(network, random_images(network.graph, 5, seed))
    for op in network.graph.ops:
        if op.kind is OpKind.ADD:
            first, second = (reals(network, name, given[name]) for name in op.inputs)
            rule = network.activations[op.output]
            exact = np.clip((first + second) / rule.scale + rule.zero_point, -128, 127)
            assert np.abs(given[op.output] - exact).max() < 0.501, op.name


def test_classes_agree_with_the_integer_arithmetic_on_a_thousand_images():
    images = random_images(small_graph(), 1200, 3)
    network = balanced(random_network(small_graph(), 3), images)
    codes, logits = run_integer(network, images), run(network, images)
    steps = steps_from_integers(network, images)
    assert len(np.unique(codes.argmax(axis=1))) == 8
    assert steps.max() <= 1
    assert (steps > 0).mean() < 0.05
    assert (codes.argmax(axis=1) == logits.argmax(axis=1)).mean() > 0.99


@pytest.mark.parametrize("seed", range(5))
def test_onnx_runtime_fuses_every_op_into_an_integer_kernel(seed: int, tmp_path: Path):
    network = random_network(random_network_graph(seed), seed)
    session_of(write_onnx(network), tmp_path / "optimized.onnx")
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node)
    assert set(kinds) <= FUSED
    assert kinds["DequantizeLinear"] == 1  # the logits


def test_pixels_go_in_and_logits_come_out_for_any_batch():
    network = random_network(small_graph(), 0)
    session = session_of(write_onnx(network))
    (pixels,), (logits,) = session.get_inputs(), session.get_outputs()
    assert (pixels.name, pixels.type, pixels.shape) == ("pixels", "tensor(uint8)", ["batch", 2, 10, 9])
    assert (logits.name, logits.type, logits.shape) == ("logits", "tensor(float)", ["batch", 8])
    one = run(network, random_images(network.graph, 7, 1)[:1])
    np.testing.assert_array_equal(run(network, random_images(network.graph, 7, 1))[:1], one)


def test_the_file_passes_the_checker_and_holds_the_int8_weights_themselves():
    network = random_network(small_graph(), 0)
    model = onnx.load_from_string(write_onnx(network))
    onnx.checker.check_model(model, full_check=True)
    held = {constant.name: onnx.numpy_helper.to_array(constant) for constant in model.graph.initializer}
    for name, weights in network.weights.items():
        np.testing.assert_array_equal(held[f"{name}/weight/codes"], weights.codes)
        np.testing.assert_array_equal(held[f"{name}/bias/codes"], weights.bias)


def test_one_network_gives_one_file():
    network = random_network(random_network_graph(1), 1)
    assert write_onnx(network) == write_onnx(network)


def test_a_network_that_is_not_quantized_throughout_is_refused():
    network = random_network(small_graph(), 0)
    rules = {name: rule for name, rule in network.activations.items() if name != "depthwise:0"}
    with pytest.raises(QuantizationMismatch, match="depthwise:0 has no quantization"):
        write_onnx(replace(network, activations=rules))
