"""Bottleneck: 1 x 1 down, k x k, 1 x 1 up (He et al. 2016, figure 5, right)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces.block import add_residual, keeps_shape, kernel_label, round_channels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A k x k convolution over the output's channels divided by `reduction`, between two pointwise ones."""

    kernel: Pair
    reduction: int

    @property
    def label(self) -> str:
        """E.g. `neck3r4`."""
        return f"neck{kernel_label(self.kernel)}r{self.reduction}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """reduce, k x k, expand, and the input added where the shape is kept."""
        residual = keeps_shape(x, channels, stride)
        last = Activation.NONE if residual else Activation.RELU
        narrow = round_channels(channels / self.reduction)
        y = builder.conv(x, f"{slot}.bottleneck.reduce", narrow)
        y = builder.conv(y, f"{slot}.bottleneck.conv", narrow, self.kernel, stride)
        y = builder.conv(y, f"{slot}.bottleneck.expand", channels, activation=last)
        return add_residual(builder, x, y, f"{slot}.bottleneck") if residual else y


def choices(kernels: Iterable[Pair], reductions: Iterable[int] = (2, 4)) -> tuple[Bottleneck, ...]:
    """Every kernel with every reduction."""
    rates = sorted(reductions)
    return tuple(Bottleneck(kernel, rate) for kernel in sorted(kernels) for rate in rates)
