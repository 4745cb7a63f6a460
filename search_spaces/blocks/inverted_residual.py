"""Inverted residual with a linear bottleneck (Sandler et al. 2018, MobileNetV2, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces.block import add_residual, keeps_shape, kernel_label
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


@dataclass(frozen=True, slots=True)
class InvertedResidual:
    """Pointwise up to `expansion` times the input's channels, depthwise k x k, linear pointwise down."""

    kernel: Pair
    expansion: int

    @property
    def label(self) -> str:
        """E.g. `inv3e4`."""
        return f"inv{kernel_label(self.kernel)}e{self.expansion}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """expand, depthwise, project, and the input added where the shape is kept."""
        y = builder.conv(x, f"{slot}.inverted.expand", x.shape[2] * self.expansion)
        y = builder.depthwise(y, f"{slot}.inverted.depthwise", self.kernel, stride)
        y = builder.conv(y, f"{slot}.inverted.project", channels, activation=Activation.NONE)
        if keeps_shape(x, channels, stride):
            return add_residual(builder, x, y, f"{slot}.inverted", Activation.NONE)
        return y


def choices(kernels: Iterable[Pair], expansions: Iterable[int] = (2, 4, 6)) -> tuple[InvertedResidual, ...]:
    """Every kernel with every expansion."""
    rates = sorted(expansions)
    return tuple(InvertedResidual(kernel, rate) for kernel in sorted(kernels) for rate in rates)
