"""A folded network computed in float as if in int8: what scores candidates, and what is tuned before export.

Weights: symmetric, per output channel (fully connected: per tensor), codes in [-127, 127]. Activations:
affine, per tensor, over the range seen on calibration images. Rounding passes gradients straight through
(Jacob et al. 2018, arXiv:1712.05877, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nas.data.dataset import Normalization
from nas.networks.execute import activated, convolve, run_graph
from nas.networks.folded import FoldedNetwork
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from search_spaces.graph import Graph, Op, OpKind

SMALLEST_SCALE = 1e-8
LARGEST_BIAS = 2**30
"""In steps of input scale x weight scale: as much again is left for the sum of products within int32."""
POOLS = frozenset({OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL})


class UnboundedActivation(ValueError):
    """An activation has no range that 256 codes could be spread over: its network's training blew up."""


@dataclass(frozen=True, slots=True)
class FakeQuantizedNetwork:
    """A folded network and the quantization of each of its activations, by tensor name."""

    folded: FoldedNetwork
    activations: dict[str, ActivationQuantization]

    def __call__(self, images: Tensor) -> Tensor:
        """Logits of normalized images, (batch, classes), every tensor rounded to its 256 values."""
        return run_graph(self.folded.graph, images, self._compute, self._round)

    def _compute(self, op: Op, x: Tensor) -> Tensor:
        weight, bias = self.folded.weights[op.name]
        return activated(op, convolve(op, x, _round_weight(op, weight), bias))

    def _round(self, name: str, value: Tensor) -> Tensor:
        return _Rounded.apply(value, self.activations[name])  # type: ignore[no-any-return] - torch does not say


class _Rounded(torch.autograd.Function):
    """`torch.fake_quantize_per_tensor_affine`, the same to the last bit; that has no vector instructions."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, rule: ActivationQuantization) -> Tensor:  # noqa: ANN401 - torch's
        ctx.save_for_backward(value)
        ctx.rule = rule
        scale = np.float32(rule.scale)
        steps = value.mul(float(np.float32(1.0) / scale)).round_()
        return steps.clamp_(-128 - rule.zero_point, 127 - rule.zero_point).mul_(float(scale))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override] # noqa: ANN401 - torch's
        """Gradients pass where the value has a code, and so up to half a step beyond the last ones."""
        (value,) = ctx.saved_tensors
        scale, zero_point = ctx.rule.scale, ctx.rule.zero_point
        low, high = (-128.5 - zero_point) * scale, (127.5 - zero_point) * scale
        return torch.ops.aten.hardtanh_backward(gradient, value, low, high), None


@torch.no_grad()
def calibrate(
    folded: FoldedNetwork, batches: Iterable[Tensor], normalization: Normalization
) -> FakeQuantizedNetwork:
    """Finds every activation's range as the smallest and largest value seen on `batches`.

    The input's own is fixed, so that code = byte - 128. A pool keeps its input's.

    Raises:
        UnboundedActivation: a value is infinite or no number.
    """
    ranges: dict[str, tuple[float, float]] = {}

    def observe(name: str, value: Tensor) -> Tensor:
        low, high = ranges.get(name, (0.0, 0.0))
        smallest, largest = (extreme.item() for extreme in torch.aminmax(value))
        if not math.isfinite(largest - smallest):
            raise UnboundedActivation(
                f"activations must be finite to be quantized, but {name} goes from {smallest} to {largest}: "
                "train with another seed"
            )
        ranges[name] = (min(low, smallest), max(high, largest))
        return value

    for batch in batches:
        run_graph(folded.graph, batch, folded.compute, observe)
    activations = {name: _affine(low, high) for name, (low, high) in ranges.items()}
    activations[folded.graph.input.name] = input_quantization(normalization)
    return FakeQuantizedNetwork(folded, _shared_by_pools(folded.graph, activations))


def input_quantization(normalization: Normalization) -> ActivationQuantization:
    """The input's scale and zero point under which code = byte - 128 stands for the normalized pixel."""
    return ActivationQuantization(1.0 / normalization.deviation_bytes, normalization.mean_byte - 128)


def _affine(low: float, high: float) -> ActivationQuantization:
    scale = float(np.float32(max(high - low, SMALLEST_SCALE) / 255))
    zero_point = round(-128 - low / scale)
    return ActivationQuantization(scale, min(max(zero_point, -128), 127))


def _shared_by_pools(
    graph: Graph, activations: dict[str, ActivationQuantization]
) -> dict[str, ActivationQuantization]:
    shared = dict(activations)
    for op in graph.ops:
        if op.kind in POOLS:
            shared[op.output] = shared[op.inputs[0]]
    return shared


def _weight_scales(op: Op, weight: Tensor) -> Tensor:
    """(out,) for a convolution, (1,) for a fully connected layer."""
    largest = weight.detach().abs()
    largest = largest.amax().view(1) if op.kind is OpKind.FULLY_CONNECTED else largest.amax(dim=(1, 2, 3))
    return largest.clamp_min(SMALLEST_SCALE) / 127


def _round_weight(op: Op, weight: Tensor) -> Tensor:
    scales = _weight_scales(op, weight)
    if op.kind is OpKind.FULLY_CONNECTED:
        zero = torch.zeros(1, dtype=torch.int32)
        return torch.fake_quantize_per_tensor_affine(weight, scales, zero, -127, 127)
    zeros = torch.zeros(len(scales), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scales, zeros, 0, -127, 127)


@torch.no_grad()
def quantize(network: FakeQuantizedNetwork) -> QuantizedNetwork:
    """The whole numbers that the fake-quantized network stands for."""
    graph = network.folded.graph
    weights = {}
    for op in graph.ops:
        if op.weight:
            input_scale = network.activations[op.inputs[0]].scale
            weights[op.name] = _quantize_one(op, *network.folded.weights[op.name], input_scale)
    return QuantizedNetwork(graph, dict(network.activations), weights)


def _quantize_one(op: Op, weight: Tensor, bias: Tensor, input_scale: float) -> QuantizedWeights:
    scales = _weight_scales(op, weight).double()
    # Where weights are next to nothing beside their bias, their own scale could not hold it.
    largest = bias.double().abs()
    largest = largest.amax().view(1) if op.kind is OpKind.FULLY_CONNECTED else largest
    scales = torch.maximum(scales, largest / (input_scale * LARGEST_BIAS)).float().double()
    by_channel = scales.view(-1, *[1] * (weight.ndim - 1))
    codes = torch.round(weight.double() / by_channel).clamp(-127, 127)
    steps = torch.round(bias.double() / (scales * input_scale))
    return QuantizedWeights(
        codes.to(torch.int8).numpy(), scales.float().numpy(), steps.to(torch.int32).numpy()
    )
