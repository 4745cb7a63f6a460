"""Runs a `Graph` in torch; where the weights come from is the caller's matter.

Shapes here are (batch, channels, height, width), held channels-last in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.add_relu import add_relu
from nas.networks.depthwise import depthwise_conv
from search_spaces.graph import Activation, Graph, Op, OpKind, Pair, UnsupportedOp, same_padding

# oneDNN compiles a kernel for every shape that a convolution meets and keeps 1,024 of them; random networks
# have many thousands. With all of them kept, in about 250 MB, a supernet trains a quarter faster. The number
# is read once, at the first convolution (oneDNN developer guide, "Primitive cache").
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")

Weighted = Callable[[Op, Tensor], Tensor]
Observe = Callable[[str, Tensor], Tensor]


def run_graph(graph: Graph, images: Tensor, weighted: Weighted, observe: Observe | None = None) -> Tensor:
    """The logits, (batch, classes); where the output is a map, it is flattened as the device holds it.

    `weighted(op, x)` computes the ops that have weights, their activation included; `observe(name, value)`
    sees every tensor once it is complete and returns what goes on in its place.

    Raises:
        UnsupportedOp: an op of a kind that has no rule here.
    """
    values = {graph.input.name: observe(graph.input.name, images) if observe else images}
    for op in graph.ops:
        inputs = [values[name] for name in op.inputs]
        value = weighted(op, inputs[0]) if op.weight else _run_weightless(op, inputs)
        values[op.output] = observe(op.output, value) if observe else value
    return _features(values[graph.output.name])


def activated(op: Op, value: Tensor) -> Tensor:
    """The op's activation, in place."""
    return torch.relu_(value) if op.activation is Activation.RELU else value


def _run_weightless(op: Op, inputs: list[Tensor]) -> Tensor:
    if op.kind is OpKind.ADD and op.activation is Activation.RELU and inputs[0].ndim == 4:
        return add_relu(*inputs)
    return activated(op, _linear(op, inputs))


def _linear(op: Op, inputs: list[Tensor]) -> Tensor:
    match op.kind:
        case OpKind.ADD:
            return inputs[0] + inputs[1]
        case OpKind.MAX_POOL:
            return functional.max_pool2d(
                inputs[0], op.kernel, op.stride, _zeros_before(op, inputs[0]), ceil_mode=True
            )
        case OpKind.AVERAGE_POOL:
            return functional.avg_pool2d(
                inputs[0],
                op.kernel,
                op.stride,
                _zeros_before(op, inputs[0]),
                ceil_mode=True,
                count_include_pad=False,
            )
        case OpKind.GLOBAL_AVERAGE_POOL:
            return inputs[0].mean((2, 3), keepdim=True)
        case _:
            raise UnsupportedOp(f"op {op.name} ({op.kind}) has no weights and no rule to run it")


def convolve(op: Op, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The linear part of a weighted op: convolution with TensorFlow's SAME padding, or a matrix product."""
    if op.kind is OpKind.FULLY_CONNECTED:
        return functional.linear(_features(x), weight, bias)
    (top, bottom), (left, right) = _padding(op, x)
    padding = (top, left)
    if (top, left) != (bottom, right):
        x, padding = functional.pad(x, (left, right, top, bottom)), (0, 0)
    if op.kind is OpKind.DEPTHWISE_CONV:
        return depthwise_conv(x, weight, bias, op.stride, padding)
    return functional.conv2d(x, weight, bias, op.stride, padding)


def _features(x: Tensor) -> Tensor:
    """(batch, features); a map in the order of the device's memory: height, width, channels."""
    return x if x.ndim == 2 else x.permute(0, 2, 3, 1).flatten(1)


def _padding(op: Op, x: Tensor) -> tuple[Pair, Pair]:
    """Zeros before and after the height and the width."""
    height, width = x.shape[2:]
    return (
        same_padding(height, op.kernel[0], op.stride[0]),
        same_padding(width, op.kernel[1], op.stride[1]),
    )


def _zeros_before(op: Op, x: Tensor) -> Pair:
    """What a pool whose windows do not overlap is padded with; torch's `ceil_mode` stands for the rest."""
    if op.stride != op.kernel:
        raise UnsupportedOp(f"pool {op.name} must move by its window {op.kernel}, got stride {op.stride}")
    (top, _), (left, _) = _padding(op, x)
    return top, left
