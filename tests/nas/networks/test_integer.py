import numpy as np
import pytest

from nas.export.tflite import write_tflite
from nas.networks.exact_sums import exact_type
from nas.networks.integer import run_integer
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from nas.verify.tflm import run_tflm
from search_spaces.builder import GraphBuilder
from studies.untrained import random_images, random_network
from tests.graphs import preset_spaces, random_network_graph, single_op_graphs

FAMILIES = {block.label: block for space in preset_spaces()[1:4] for block in space.blocks}


def test_a_fully_connected_layer_is_as_worked_out_by_hand():
    builder = GraphBuilder((1, 1, 2))
    builder.fully_connected(builder.input, "op", 2)
    codes = ActivationQuantization(0.5, -10)
    weights = QuantizedWeights(
        np.array([[1, 2], [-3, 4]], dtype=np.int8),
        np.array([0.25], dtype=np.float32),
        np.array([4, 0], dtype=np.int32),
    )
    network = QuantizedNetwork(
        builder.build(), {"input": codes, "op:0": ActivationQuantization(0.5, 3)}, {"op": weights}
    )
    # Centred inputs 20 and 30; sums 20 + 60 + 4 = 84 and -60 + 120 = 60; times 0.5 * 0.25 / 0.5 = 0.25: 21
    # and 15; + 3.
    assert run_integer(network, np.array([[[[10, 20]]]], dtype=np.int8)).tolist() == [[24, 18]]


def test_an_average_leaves_padding_out_and_rounds_halves_away_from_zero():
    builder = GraphBuilder((3, 2, 1))
    builder.average_pool(builder.input, "op", (2, 2))
    same = ActivationQuantization(1.0, 5)
    network = QuantizedNetwork(builder.build(), {"input": same, "op:0": same}, {})
    # 1 + 2 + 3 + 4 = 10, / 4 = 2.5 -> 3; the window at the edge holds two: -1 - 2 = -3, / 2 = -1.5 -> -2.
    image = np.array([[[[1], [2]], [[3], [4]], [[-1], [-2]]]], dtype=np.int8)
    assert run_integer(network, image).tolist() == [[3, -2]]


def test_images_of_another_shape_are_refused():
    network = random_network(single_op_graphs()["pointwise"], 0)
    with pytest.raises(ValueError, match=r"\(count, 5, 6, 7\), got int8 of shape \(2, 6, 5, 7\)"):
        run_integer(network, np.zeros((2, 6, 5, 7), dtype=np.int8))
    with pytest.raises(ValueError, match="got float64"):
        run_integer(network, np.zeros((2, 5, 6, 7)))


def test_sums_that_leave_float32_are_taken_in_float64():
    import torch

    # 255 * 127 * 518 = 16,775,430 < 2^24 = 16,777,216 <= 255 * 127 * 519.
    assert exact_type(np.full((1, 518), 127, dtype=np.int8), -128) is torch.float32
    assert exact_type(np.full((1, 519), 127, dtype=np.int8), -128) is torch.float64
    assert exact_type(np.full((1, 519), -127, dtype=np.int8), 0) is torch.float32


@pytest.mark.parametrize("name", single_op_graphs())
def test_every_op_gives_the_device_s_codes(name: str):
    pytest.importorskip("tflite_micro")
    graph = single_op_graphs()[name]
    for seed in range(3):
        network, images = random_network(graph, seed), random_images(graph, 20, seed)
        codes = run_tflm(write_tflite(network), images)
        np.testing.assert_array_equal(run_integer(network, images), codes.reshape(len(codes), -1))
        assert len(np.unique(codes)) > 5


@pytest.mark.parametrize("label", FAMILIES)
def test_every_block_family_gives_the_device_s_codes(label: str):
    pytest.importorskip("tflite_micro")
    shape = (16, 1, 2) if "x1" in label else (12, 12, 2)
    builder = GraphBuilder(shape)
    x = builder.conv(builder.input, "stem", 8)
    x = FAMILIES[label].lower(builder, x, 8, (2, 1), "strided")
    x = FAMILIES[label].lower(builder, x, 8, (1, 1), "residual")
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 4)
    graph = builder.build()
    seen: set[int] = set()
    for seed in range(3):
        network, images = random_network(graph, seed), random_images(graph, 8, seed)
        codes = run_tflm(write_tflite(network), images)
        np.testing.assert_array_equal(run_integer(network, images), codes)
        seen.update(codes.ravel().tolist())
    assert len(seen) > 8


def test_the_product_of_scales_is_taken_as_the_device_takes_it():
    # Sums of 2^24 show the last bits of a multiplier: a product rounded to float32 gives other codes here.
    pytest.importorskip("tflite_micro")
    builder = GraphBuilder((1, 1, 8))
    builder.fully_connected(builder.input, "op", 4000)
    rng = np.random.default_rng(0)
    source, weight = np.float32(0.0371), np.float32(0.0893)
    quantization = {
        "input": ActivationQuantization(float(source), 0),
        "op:0": ActivationQuantization(float(source * weight * 2**24 / 120), 0),
    }
    codes = rng.integers(-127, 128, (4000, 8)).astype(np.int8)
    bias = rng.integers(-(2**24), 2**24, 4000).astype(np.int32)
    weights = {"op": QuantizedWeights(codes, np.array([weight]), bias)}
    network = QuantizedNetwork(builder.build(), quantization, weights)
    images = random_images(network.graph, 200, 0)
    np.testing.assert_array_equal(run_integer(network, images), run_tflm(write_tflite(network), images))


@pytest.mark.parametrize("seed", range(12))
def test_whole_networks_give_the_device_s_codes(seed: int):
    pytest.importorskip("tflite_micro")
    network = random_network(random_network_graph(seed), seed)
    images = random_images(network.graph, 6, seed)
    np.testing.assert_array_equal(run_integer(network, images), run_tflm(write_tflite(network), images))
