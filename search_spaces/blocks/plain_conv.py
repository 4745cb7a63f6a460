"""Plain k x k convolutions: one, or a pair with a narrower middle (He et al. 2016, figure 5, left)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces.block import add_residual, keeps_shape, kernel_label, round_channels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


@dataclass(frozen=True, slots=True)
class PlainConv:
    """A single k x k convolution."""

    kernel: Pair

    @property
    def label(self) -> str:
        """E.g. `conv3`."""
        return f"conv{kernel_label(self.kernel)}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """conv, and the input added where the shape is kept."""
        residual = keeps_shape(x, channels, stride)
        last = Activation.NONE if residual else Activation.RELU
        y = builder.conv(x, f"{slot}.plain.conv", channels, self.kernel, stride, last)
        return add_residual(builder, x, y, f"{slot}.plain") if residual else y


@dataclass(frozen=True, slots=True)
class ConvPair:
    """Two k x k convolutions; the tensor between them has `middle` times the output's channels."""

    kernel: Pair
    middle: float

    @property
    def label(self) -> str:
        """E.g. `pair3m0.5`."""
        return f"pair{kernel_label(self.kernel)}m{self.middle:g}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """conv, conv, and the input added where the shape is kept."""
        residual = keeps_shape(x, channels, stride)
        last = Activation.NONE if residual else Activation.RELU
        y = builder.conv(x, f"{slot}.pair.first", round_channels(channels * self.middle), self.kernel, stride)
        y = builder.conv(y, f"{slot}.pair.second", channels, self.kernel, activation=last)
        return add_residual(builder, x, y, f"{slot}.pair") if residual else y


def singles(kernels: Iterable[Pair]) -> tuple[PlainConv, ...]:
    """A single convolution of every kernel; they share one slot, so that entries of any kernel agree."""
    return tuple(PlainConv(kernel) for kernel in sorted(kernels))


def choices(
    kernels: Iterable[Pair], middles: Iterable[float] = (0.5, 0.75, 1.0)
) -> tuple[PlainConv | ConvPair, ...]:
    """A single convolution of every kernel, and a pair of the smallest kernel for every middle."""
    ordered = sorted(kernels)
    return (*singles(ordered), *(ConvPair(ordered[0], middle) for middle in middles))
