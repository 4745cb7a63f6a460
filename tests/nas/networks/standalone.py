"""A network as torch layers of its own: an oracle that shares no code with the bank or the executor."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.networks.weight_bank import Slot, WeightBank
from search_spaces.graph import Activation, Graph, Op, OpKind


class Standalone(nn.Module):
    """`graph` with the weights that a bank has for it: leading channels, centre of the kernel."""

    def __init__(self, graph: Graph, bank: WeightBank) -> None:
        super().__init__()
        self.graph = graph
        self.layers = nn.ModuleDict()
        for op in graph.ops:
            if op.weight is not None:
                self.layers[op.name.replace(".", "_")] = _layer(
                    op, op.weight.shape, bank.slots[op.weight.slot]
                )

    def forward(self, images: Tensor) -> Tensor:
        maps = {self.graph.input.name: images}
        for op in self.graph.ops:
            value = self._run(op, *(maps[name] for name in op.inputs))
            maps[op.output] = functional.relu(value) if op.activation is Activation.RELU else value
        return maps[self.graph.output.name]

    def _run(self, op: Op, x: Tensor, *more: Tensor) -> Tensor:
        shape = self.graph.output_of(op).shape
        if op.kind is OpKind.ADD:
            return x + more[0]
        if op.kind is OpKind.GLOBAL_AVERAGE_POOL:
            return x.mean((2, 3), keepdim=True)
        if op.kind is OpKind.FULLY_CONNECTED:
            return self.layers[op.name.replace(".", "_")](x[:, :, 0, 0])
        fill = float("-inf") if op.kind is OpKind.MAX_POOL else 0.0
        padded = functional.pad(x, _border(x, op, shape), value=fill)
        if op.kind is OpKind.MAX_POOL:
            return functional.max_pool2d(padded, op.kernel)
        if op.kind is OpKind.AVERAGE_POOL:
            counts = functional.avg_pool2d(
                functional.pad(torch.ones_like(x), _border(x, op, shape)), op.kernel
            )
            return functional.avg_pool2d(padded, op.kernel) / counts
        return self.layers[op.name.replace(".", "_")](padded)


def _border(x: Tensor, op: Op, shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, right, top, bottom: what the output's extent lacks, the odd pixel after."""
    down = max((shape[0] - 1) * op.stride[0] + op.kernel[0] - x.shape[2], 0)
    along = max((shape[1] - 1) * op.stride[1] + op.kernel[1] - x.shape[3], 0)
    return along // 2, along - along // 2, down // 2, down - down // 2


def _layer(op: Op, shape: tuple[int, ...], slot: Slot) -> nn.Module:
    if op.kind is OpKind.FULLY_CONNECTED:
        linear = nn.Linear(shape[1], shape[0], dtype=slot.weight.dtype)
        _copy(linear.weight, slot.weight[: shape[0], : shape[1]])
        _copy(linear.bias, slot.shift[: shape[0]])
        return linear
    groups = shape[0] if op.kind is OpKind.DEPTHWISE_CONV else 1
    inputs = shape[1] * groups
    dtype = slot.weight.dtype
    conv = nn.Conv2d(inputs, shape[0], shape[2:], op.stride, groups=groups, bias=False, dtype=dtype)
    norm = nn.BatchNorm2d(shape[0], dtype=dtype)
    assert slot.scale is not None
    margins = [
        (extent - kernel) // 2 for extent, kernel in zip(slot.weight.shape[2:], shape[2:], strict=True)
    ]
    rows, columns = (
        slice(margin, margin + kernel) for margin, kernel in zip(margins, shape[2:], strict=True)
    )
    _copy(conv.weight, slot.weight[: shape[0], : shape[1], rows, columns])
    _copy(norm.weight, slot.scale[: shape[0]])
    _copy(norm.bias, slot.shift[: shape[0]])
    return nn.Sequential(conv, norm)


def _copy(parameter: Tensor, values: Tensor) -> None:
    assert parameter.shape == values.shape
    with torch.no_grad():
        parameter.copy_(values)
