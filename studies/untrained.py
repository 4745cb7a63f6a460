"""Networks with random weights, with scales that keep activations of every layer in use."""

from __future__ import annotations

import numpy as np

from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from search_spaces.graph import Activation, Graph, Op, OpKind

POOLS = (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def random_network(graph: Graph, seed: int) -> QuantizedNetwork:
    """A network with random weights, biases, scales and zero points on every tensor of `graph`."""
    rng = np.random.default_rng(seed)
    activations = {graph.input.name: _quantization(rng, is_relu=False)}
    weights: dict[str, QuantizedWeights] = {}
    for op in graph.ops:
        source = activations[op.inputs[0]]
        own = _quantization(rng, is_relu=op.activation is Activation.RELU)
        activations[op.output] = source if op.kind in POOLS else own
        if op.weight is not None:
            weights[op.name] = _weights(rng, op, source.scale, own.scale)
    return QuantizedNetwork(graph, activations, weights)


def random_images(graph: Graph, count: int, seed: int) -> np.ndarray:
    """`count` inputs of random codes, (count, height, width, channels).

    They are noise, each around a level and a slope of its own: noise alone would be averaged away by a
    deep network, and all its outputs would be alike.
    """
    rng = np.random.default_rng(seed)
    height, width, channels = graph.input.shape
    level = rng.uniform(-60, 60, (count, 1, 1, channels))
    slope = rng.uniform(-80, 80, (count, 1, 1, channels)) * np.linspace(-1, 1, height).reshape(1, -1, 1, 1)
    noise = rng.uniform(-60, 60, (count, height, width, channels))
    return np.clip(np.round(level + slope + noise), -128, 127).astype(np.int8)


def _quantization(rng: np.random.Generator, *, is_relu: bool) -> ActivationQuantization:
    zero_point = -128 if is_relu else int(rng.integers(-100, 100))
    return ActivationQuantization(float(np.float32(rng.uniform(0.01, 0.1))), zero_point)


def _weights(rng: np.random.Generator, op: Op, input_scale: float, output_scale: float) -> QuantizedWeights:
    assert op.weight is not None
    shape = op.weight.shape
    fan_in = int(np.prod(shape[1:]))
    channels = 1 if op.kind is OpKind.FULLY_CONNECTED else shape[0]
    codes = rng.integers(-127, 128, shape).astype(np.int8)
    # One accumulated unit of spread is about 73 x 74 codes x sqrt(fan in); spread the output over a third of
    # its range.
    scale = output_scale * 40 / (input_scale * 5400 * np.sqrt(fan_in))
    scales = (scale * rng.uniform(0.3, 2.0, channels)).astype(np.float32)
    bias = rng.integers(-10_000, 10_000, shape[0]).astype(np.int32)
    return QuantizedWeights(codes, scales, bias)
