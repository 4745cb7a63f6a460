"""Depthwise-separable: k x k on each channel, then 1 x 1 across (Howard et al. 2017, section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces.block import add_residual, keeps_shape, kernel_label
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


@dataclass(frozen=True, slots=True)
class DepthwiseSeparable:
    """A depthwise k x k convolution and a pointwise one."""

    kernel: Pair

    @property
    def label(self) -> str:
        """E.g. `sep5`."""
        return f"sep{kernel_label(self.kernel)}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """depthwise, pointwise, and the input added where the shape is kept."""
        residual = keeps_shape(x, channels, stride)
        last = Activation.NONE if residual else Activation.RELU
        y = builder.depthwise(x, f"{slot}.separable.depthwise", self.kernel, stride)
        y = builder.conv(y, f"{slot}.separable.pointwise", channels, activation=last)
        return add_residual(builder, x, y, f"{slot}.separable") if residual else y


def choices(kernels: Iterable[Pair]) -> tuple[DepthwiseSeparable, ...]:
    """One choice a kernel."""
    return tuple(DepthwiseSeparable(kernel) for kernel in sorted(kernels))
