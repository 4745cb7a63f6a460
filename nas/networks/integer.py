"""Runs a quantized network as TensorFlow Lite Micro's reference kernels do, to the bit.

Maps are int8 codes, (batch, channels, height, width), as torch wants them; images come and classes go as the
device has them. Sources of the arithmetic: TensorFlow, lite/kernels/internal/reference/integer_ops/{conv,
depthwise_conv,fully_connected,pooling,add}.h; TensorFlow Lite Micro, kernels/add_common.cc.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nas.networks.exact_sums import exact_type
from nas.networks.fixed_point import multiplier_of, scale_
from nas.quantized_network import ActivationQuantization, QuantizedNetwork
from search_spaces.graph import Activation, Op, OpKind, Pair, Shape, UnsupportedOp, same_padding

LEAST, MOST = -128, 127
ADD_LEFT_SHIFT = 20
"""Bits by which ADD widens its inputs (kernels/add_common.cc, `kLeftShift`)."""
BATCH_ELEMENTS = 400_000
"""Elements of the largest map that are worked on at once, so that they stay in the caches."""

Kernel = Callable[[tuple[Tensor, ...]], Tensor]


def run_integer(network: QuantizedNetwork, images: NDArray[np.int8]) -> NDArray[np.int8]:
    """The outputs (count, classes) of images (count, height, width, channels), both as int8 codes.

    Where the output is a map it is flattened in the order (height, width, channels).

    Raises:
        ValueError: the images are not int8 or not shaped as the network's input.
        UnsupportedOp: an op whose arithmetic is not known.
    """
    graph = network.graph
    if images.dtype != np.int8 or images.shape[1:] != graph.input.shape:
        raise ValueError(
            f"images must be int8 of shape (count, {', '.join(map(str, graph.input.shape))}), "
            f"got {images.dtype} of shape {images.shape}: convert or resize them"
        )
    step = max(1, BATCH_ELEMENTS // max(tensor.size_bytes for tensor in graph.tensors.values()))
    kernels = [(op, _kernel(network, op)) for op in graph.ops]
    outputs = np.empty((len(images), graph.output.size_bytes), dtype=np.int8)
    with torch.inference_mode():
        for start in range(0, len(images), step):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + step].transpose(0, 3, 1, 2)))
            outputs[start : start + step] = _run_batch(network, kernels, batch)
    return outputs


def _run_batch(
    network: QuantizedNetwork, kernels: list[tuple[Op, Kernel]], batch: Tensor
) -> NDArray[np.int8]:
    maps = {network.graph.input.name: batch}
    for op, kernel in kernels:
        maps[op.output] = kernel(tuple(maps[name] for name in op.inputs))
    return maps[network.graph.output.name].permute(0, 2, 3, 1).flatten(1).numpy()


def _kernel(network: QuantizedNetwork, op: Op) -> Kernel:
    """What computes an op's output codes from its inputs' codes."""
    match op.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            return _convolution(network, op)
        case OpKind.FULLY_CONNECTED:
            return _fully_connected(network, op)
        case OpKind.ADD:
            return _addition(network, op)
        case OpKind.MAX_POOL:
            return _max_pool(network, op)
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _average_pool(network, op)
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, whose integer arithmetic is not known")


def _convolution(network: QuantizedNetwork, op: Op) -> Kernel:
    source, target = network.activations[op.inputs[0]], network.activations[op.output]
    weights = network.weights[op.name]
    scales = weights.scales.astype(np.float64) * _real_scale(source) / _real_scale(target)
    multiplier = multiplier_of(scales.tolist())
    kind = exact_type(weights.codes, source.zero_point)
    codes = torch.from_numpy(weights.codes).to(kind)
    bias = torch.from_numpy(weights.bias).to(torch.int64).reshape(1, -1, 1, 1)
    groups = len(codes) if op.kind is OpKind.DEPTHWISE_CONV else 1
    padding = _padding(network.graph.tensors[op.inputs[0]].shape, op.kernel, op.stride)

    def run(inputs: tuple[Tensor, ...]) -> Tensor:
        centred = functional.pad(inputs[0].to(kind).sub_(source.zero_point), padding)
        sums = functional.conv2d(centred, codes, stride=op.stride, groups=groups)
        scaled = scale_(sums.to(torch.int64).add_(bias), multiplier, (1, -1, 1, 1))
        return _stored(scaled, target, op.activation)

    return run


def _fully_connected(network: QuantizedNetwork, op: Op) -> Kernel:
    source, target = network.activations[op.inputs[0]], network.activations[op.output]
    weights = network.weights[op.name]
    # The product of scales is taken in double precision, as the wheel does; LiteRT takes it in float32.
    scales = weights.scales.astype(np.float64) * _real_scale(source) / _real_scale(target)
    multiplier = multiplier_of(scales.tolist())
    kind = exact_type(weights.codes, source.zero_point)
    codes = torch.from_numpy(weights.codes).to(kind)
    bias = torch.from_numpy(weights.bias).to(torch.int64)

    def run(inputs: tuple[Tensor, ...]) -> Tensor:
        # The device reads a map in the order (height, width, channels).
        flat = inputs[0].permute(0, 2, 3, 1).flatten(1).to(kind).sub_(source.zero_point)
        sums = functional.linear(flat, codes).to(torch.int64).add_(bias)
        return _stored(scale_(sums, multiplier, (1, 1)), target, op.activation)[:, :, None, None]

    return run


def _addition(network: QuantizedNetwork, op: Op) -> Kernel:
    sources = [network.activations[name] for name in op.inputs]
    target = network.activations[op.output]
    twice_most = 2 * max(_real_scale(source) for source in sources)
    tables = [_addend(source, twice_most) for source in sources]
    multiplier = multiplier_of([twice_most / (2**ADD_LEFT_SHIFT * _real_scale(target))])

    def run(inputs: tuple[Tensor, ...]) -> Tensor:
        first, second = (table[codes.int() - LEAST] for table, codes in zip(tables, inputs, strict=True))
        return _stored(scale_(first.add_(second), multiplier, (1, 1, 1, 1)), target, op.activation)

    return run


def _addend(source: ActivationQuantization, twice_most: float) -> Tensor:
    """What each of the 256 codes of an input adds to the sum, the lowest code first."""
    codes = torch.arange(LEAST, MOST + 1, dtype=torch.int64)
    widened = (codes - source.zero_point) << ADD_LEFT_SHIFT
    return scale_(widened, multiplier_of([_real_scale(source) / twice_most]), (1,))


def _max_pool(network: QuantizedNetwork, op: Op) -> Kernel:
    target = network.activations[op.output]
    padding = _padding(network.graph.tensors[op.inputs[0]].shape, op.kernel, op.stride)

    def run(inputs: tuple[Tensor, ...]) -> Tensor:
        padded = functional.pad(inputs[0].to(torch.float32), padding, value=LEAST)
        return _stored(functional.max_pool2d(padded, op.kernel, op.stride), target, op.activation, offset=0)

    return run


def _average_pool(network: QuantizedNetwork, op: Op) -> Kernel:
    """The mean of codes, halves away from zero; padding counts neither in the sum nor in the window."""
    target = network.activations[op.output]
    shape = network.graph.tensors[op.inputs[0]].shape
    whole = op.kind is OpKind.GLOBAL_AVERAGE_POOL
    padding = (0, 0, 0, 0) if whole else _padding(shape, op.kernel, op.stride)

    def sums(maps: Tensor) -> Tensor:
        padded = functional.pad(maps, padding)
        return functional.avg_pool2d(padded, op.kernel, op.stride, divisor_override=1).to(torch.int64)

    counts = sums(torch.ones(1, 1, *shape[:2], dtype=torch.float64))

    def run(inputs: tuple[Tensor, ...]) -> Tensor:
        total = sums(inputs[0].to(torch.float64))
        total += torch.where(total > 0, counts // 2, -(counts // 2))
        means = torch.div(total, counts, rounding_mode="trunc")
        return _stored(means, target, op.activation, offset=0)

    return run


def _stored(
    values: Tensor, target: ActivationQuantization, activation: Activation, offset: int | None = None
) -> Tensor:
    """`values` moved by the output's zero point, or by `offset`, and kept within its codes.

    Overwrites `values`.
    """
    values.add_(target.zero_point if offset is None else offset)
    least = max(LEAST, target.zero_point) if activation is Activation.RELU else LEAST
    return values.clamp_(least, MOST).to(torch.int8)


def _real_scale(quantization: ActivationQuantization) -> float:
    """The scale as the file holds it, in float32."""
    return float(np.float32(quantization.scale))


def _padding(shape: Shape, kernel: Pair, stride: Pair) -> tuple[int, int, int, int]:
    """SAME padding as torch's `pad` takes it: left, right, top, bottom."""
    return (
        *same_padding(shape[1], kernel[1], stride[1]),
        *same_padding(shape[0], kernel[0], stride[0]),
    )
