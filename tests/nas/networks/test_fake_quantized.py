import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from nas.data.dataset import Normalization
from nas.networks.fake_quantized import (
    FakeQuantizedNetwork,
    UnboundedActivation,
    calibrate,
    input_quantization,
    quantize,
)
from nas.networks.folded import FoldedNetwork, fold
from nas.networks.integer import run_integer
from nas.networks.weight_bank import WeightBank
from nas.quantized_network import ActivationQuantization, QuantizedNetwork
from nas.training.batches import TensorImages, normalized
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, OpKind
from search_spaces.lowering import lower
from tests.graphs import preset_spaces
from tests.nas.training.lessons import one_network, training_images, validation_images
from tests.nas.training.trained import trained_bank

POOLS = (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def as_int8(graph: Graph, bank: WeightBank) -> tuple[FoldedNetwork, FakeQuantizedNetwork]:
    batches = [batch for batch, _ in training_images().first(512).batches(128, (8, 8))]
    folded = fold(graph, bank, batches)
    return folded, calibrate(folded, batches, training_images().normalization)


def integer_logits(network: QuantizedNetwork, images: TensorImages) -> torch.Tensor:
    """What the device would give for the raw bytes, as real numbers."""
    codes = run_integer(network, (images.pixels.numpy().astype(np.int16) - 128).astype(np.int8))
    rule = network.activations[network.graph.output.name]
    return (torch.from_numpy(codes).double() - rule.zero_point) * rule.scale


def test_the_int8_network_on_raw_bytes_answers_as_the_fake_quantized_one():
    graph = one_network()
    _, network = as_int8(graph, trained_bank())
    images = training_images()
    with torch.no_grad():
        simulated = network(normalized(images.pixels, images.normalization, (8, 8))).double()
    exact = integer_logits(quantize(network), images)
    step = network.activations[graph.output.name].scale
    difference = (simulated - exact).abs() / step
    assert (simulated.argmax(1) == exact.argmax(1)).double().mean() >= 0.99
    # Both are whole steps; the device rounds means and sums once more than the simulation does.
    assert (difference - difference.round()).abs().max() < 0.001
    assert (difference < 2.5).double().mean() >= 0.99
    assert difference.max() < 4.5


def test_quantization_keeps_the_answers_of_the_float_network():
    folded, network = as_int8(one_network(), trained_bank())
    images = validation_images()
    with torch.no_grad():
        batch = normalized(images.pixels, images.normalization, (8, 8))
        ours, theirs = network(batch), folded(batch)
    assert (theirs.argmax(1) == images.labels).double().mean() > 0.9
    assert (ours.argmax(1) == theirs.argmax(1)).double().mean() > 0.97


@pytest.mark.parametrize("number", range(6))
def test_random_networks_answer_alike_in_both_simulations(number: int):
    space = preset_spaces()[0]
    graph = lower(space, space.sample(random.Random(number)))
    _, network = as_int8(graph, WeightBank.initialized([graph], number))
    images = validation_images()
    with torch.no_grad():
        simulated = network(normalized(images.pixels, images.normalization, (8, 8))).double()
    exact = integer_logits(quantize(network), images)
    difference = (simulated - exact).abs() / network.activations[graph.output.name].scale
    # The classifier's untrained weights are small: a step of its input is many steps of its output.
    assert difference.mean() <= 2.0
    assert difference.max() <= 12.0


def test_every_byte_is_a_code_of_the_input_128_lower():
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 256, 1, 1)
    for mean, deviation in ((0, 1.0), (33, 77.7), (128, 0.3), (255, 123.456)):
        scaling = Normalization(mean, deviation)
        rule = input_quantization(scaling)
        real = normalized(every, scaling, (256, 1)).flatten().double()
        assert torch.round(real / rule.scale + rule.zero_point).tolist() == list(range(-128, 128))
        same = torch.fake_quantize_per_tensor_affine(real.float(), rule.scale, rule.zero_point, -128, 127)
        torch.testing.assert_close(same, real.float(), rtol=1e-6, atol=0)


def test_a_pool_s_output_is_quantized_as_its_input():
    graph = one_network()
    _, network = as_int8(graph, trained_bank())
    pools = [op for op in graph.ops if op.kind in POOLS]
    assert len(pools) == 3
    for op in pools:
        assert network.activations[op.output] == network.activations[op.inputs[0]]


def test_ranges_are_the_smallest_and_largest_value_seen_with_zero_among_them():
    builder = GraphBuilder((1, 1, 1))
    builder.fully_connected(builder.input, "op", 2)
    weights = {"op": (torch.tensor([[2.0], [2.0]]), torch.tensor([1.0, 7.0]))}
    folded = FoldedNetwork(builder.build(), weights)
    images = [torch.full((1, 1, 1, 1), value) for value in (1.0, -2.0, 0.5)]
    # Outputs 3 and 9, -3 and 3, 2 and 8: from -3 to 9.
    rule = calibrate(folded, images, Normalization(0, 1.0)).activations["op:0"]
    assert rule.scale == pytest.approx(12 / 255)
    assert rule.zero_point == round(-128 + 3 / (12 / 255))
    # Outputs 3 and 9 alone: zero must have a code all the same.
    rule = calibrate(folded, images[:1], Normalization(0, 1.0)).activations["op:0"]
    assert (rule.scale, rule.zero_point) == (pytest.approx(9 / 255), -128)


def test_weights_are_rounded_to_the_nearest_of_their_codes():
    _, network = as_int8(one_network(), trained_bank())
    quantized = quantize(network)
    for name, (weight, bias) in network.folded.weights.items():
        stored = quantized.weights[name]
        scales = stored.scales.astype(np.float64).reshape(-1, *[1] * (weight.ndim - 1))
        assert np.abs(stored.codes.astype(int)).max() == 127
        assert (np.abs(stored.codes * scales - weight.numpy()) <= scales * 0.501).all()
        assert len(stored.scales) == (1 if weight.ndim == 2 else len(weight))
        op = next(op for op in network.folded.graph.ops if op.name == name)
        step = stored.scales.astype(np.float64) * network.activations[op.inputs[0]].scale
        assert (np.abs(stored.bias * step - bias.numpy()) <= step * 0.51).all()


@pytest.mark.parametrize("kind", [OpKind.CONV, OpKind.FULLY_CONNECTED])
def test_a_bias_is_kept_where_the_weights_beside_it_are_next_to_nothing(kind: OpKind):
    builder = GraphBuilder((1, 1, 1))
    if kind is OpKind.CONV:
        builder.conv(builder.input, "op", 2)
        weight = torch.tensor([1e-9, 1.0]).reshape(2, 1, 1, 1)
    else:
        builder.fully_connected(builder.input, "op", 2)
        weight = torch.tensor([[1e-9], [1e-9]])
    folded = FoldedNetwork(builder.build(), {"op": (weight, torch.tensor([3.0, 0.5]))})
    scaling = Normalization(128, 64.0)
    pixels = torch.tensor([0, 100, 255], dtype=torch.uint8).reshape(3, 1, 1, 1)
    batch = normalized(pixels, scaling, (1, 1))
    network = calibrate(folded, [batch], scaling)
    exact = integer_logits(quantize(network), TensorImages(pixels, torch.zeros(3), scaling))
    step = network.activations["op:0"].scale
    assert ((exact - network(batch)).abs() <= 1.01 * step).all()
    assert ((exact[:, 0] - 3.0).abs() <= step).all()


def test_rounding_lets_gradients_through_and_clipping_does_not():
    builder = GraphBuilder((1, 1, 1))
    builder.fully_connected(builder.input, "op", 1)
    weight = torch.ones(1, 1, requires_grad=True)
    folded = FoldedNetwork(builder.build(), {"op": (weight, torch.zeros(1))})
    network = calibrate(folded, [torch.tensor([1.3, -0.7]).reshape(2, 1, 1, 1)], Normalization(128, 64.0))
    for value, expected in ((0.5, 0.5), (1.9, 0.0)):
        weight.grad = None
        network(torch.full((1, 1, 1, 1), value)).sum().backward()
        assert weight.grad is not None
        assert weight.grad.item() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
def test_the_gradient_of_rounding_is_torch_s(zero_point: int):
    builder = GraphBuilder((40, 40, 1))
    builder.max_pool(builder.input, "op", (1, 1))
    graph, rule = builder.build(), ActivationQuantization(0.07, zero_point)
    network = FakeQuantizedNetwork(FoldedNetwork(graph, {}), dict.fromkeys(("input", "op:0"), rule))
    images = (12.0 * torch.randn(1, 1, 40, 40, generator=torch.Generator().manual_seed(0))).requires_grad_()
    upstream = torch.arange(1600.0)[None]
    ours = torch.autograd.grad(network(images), images, upstream)[0]
    rounded = torch.fake_quantize_per_tensor_affine(images, rule.scale, zero_point, -128, 127)
    theirs = torch.autograd.grad(rounded.flatten(1), images, upstream)[0]
    assert 0 < (theirs == 0).sum() < 1600
    assert torch.equal(ours, theirs)


def test_a_finer_output_scale_changes_what_the_network_gives():
    _, network = as_int8(one_network(), trained_bank())
    name = network.folded.graph.output.name
    rule = network.activations[name]
    coarse = replace(network, activations={**network.activations, name: replace(rule, scale=rule.scale * 32)})
    images = validation_images()
    batch = normalized(images.pixels, images.normalization, (8, 8))
    with torch.no_grad():
        assert len(network(batch).unique()) > 100
        assert len(coarse(batch).unique()) < 20


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_activations_that_are_no_numbers_cannot_be_quantized(value: float):
    builder = GraphBuilder((1, 1, 1))
    builder.fully_connected(builder.input, "op", 1)
    folded = FoldedNetwork(builder.build(), {"op": (torch.ones(1, 1), torch.tensor([value]))})
    with pytest.raises(UnboundedActivation, match=r"op:0 goes from .* train with another seed"):
        calibrate(folded, [torch.ones(1, 1, 1, 1)], Normalization(128, 64.0))
