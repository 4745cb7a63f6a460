"""How a quantized op's arrays lie in a .tflite file, and what must hold of them before they go there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nas.quantized_network import QuantizedNetwork
from search_spaces.graph import Op, OpKind, UnsupportedOp


class QuantizationMismatch(ValueError):
    """A quantized network holds arrays or scales that its graph does not ask for."""


def file_layout(op: Op, codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """An op's weights as TensorFlow Lite orders them.

    (out, kernel height, kernel width, in) for a convolution, (1, kernel height, kernel width, channels) for a
    depthwise one, (out, in) for a fully connected layer. Source: TensorFlow Lite 8-bit quantization
    specification.
    """
    match op.kind:
        case OpKind.CONV:
            return codes.transpose(0, 2, 3, 1)
        case OpKind.DEPTHWISE_CONV:
            return codes.transpose(1, 2, 3, 0)
        case OpKind.FULLY_CONNECTED:
            return codes
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, which has no weights")


def carries_quantization(op: Op) -> bool:
    """Whether an op's output has its input's scale and zero point: TFLM's pools compare and average codes."""
    return op.kind in (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def check_network(network: QuantizedNetwork) -> None:
    """Accepts a network whose arrays match its graph.

    Raises:
        QuantizationMismatch: the first thing that does not match.
        UnsupportedOp: an op other than a fully connected one follows a fully connected one.
    """
    graph = network.graph
    for name in (graph.input.name, *(op.output for op in graph.ops)):
        _check_activation(network, name)
    flat = {op.output for op in graph.ops if op.kind is OpKind.FULLY_CONNECTED}
    for op in graph.ops:
        if op.kind is not OpKind.FULLY_CONNECTED and flat.intersection(op.inputs):
            raise UnsupportedOp(
                f"{op.name} reads the flat output of a fully connected op: only another one can"
            )
        if op.weight is not None:
            _check_weights(network, op)
        if carries_quantization(op) and network.activations[op.inputs[0]] != network.activations[op.output]:
            raise QuantizationMismatch(
                f"pool {op.name} must carry its input's quantization {network.activations[op.inputs[0]]} "
                f"to its output, got {network.activations[op.output]}: calibrate them as one"
            )


def _check_activation(network: QuantizedNetwork, name: str) -> None:
    quantization = network.activations.get(name)
    if quantization is None:
        raise QuantizationMismatch(f"tensor {name} has no quantization: calibrate it")
    if not (
        np.isfinite(quantization.scale) and quantization.scale > 0 and -128 <= quantization.zero_point <= 127
    ):
        raise QuantizationMismatch(
            f"tensor {name} needs a positive scale and a zero point in -128..127, "
            f"got {quantization.scale} and {quantization.zero_point}: calibrate it"
        )


def _check_weights(network: QuantizedNetwork, op: Op) -> None:
    weights = network.weights.get(op.name)
    if weights is None or op.weight is None:
        raise QuantizationMismatch(f"op {op.name} has no quantized weights: quantize it")
    codes, bias = weights.codes, weights.bias
    expected = f"int8 codes {op.weight.shape} and int32 biases {op.weight.shape[:1]}"
    given = f"{codes.dtype} codes {codes.shape} and {bias.dtype} biases {bias.shape}"
    if expected != given:
        raise QuantizationMismatch(f"op {op.name} needs {expected}, got {given}: quantize it again")
    scales = 1 if op.kind is OpKind.FULLY_CONNECTED else op.weight.shape[0]
    if weights.scales.shape != (scales,) or not np.all(weights.scales > 0):
        raise QuantizationMismatch(
            f"op {op.name} needs {scales} positive weight scales, got {weights.scales}: quantize it again"
        )
