"""Factorized convolution: N x 1, then 1 x N (Szegedy et al. 2016, section 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces.block import add_residual, keeps_shape
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


@dataclass(frozen=True, slots=True)
class Factorized:
    """A convolution along the height, then one along the width, each over all channels."""

    length: int

    @property
    def label(self) -> str:
        """E.g. `fact7`."""
        return f"fact{self.length}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """The two convolutions, each taking its axis' stride, and the input added where the shape is kept."""
        residual = keeps_shape(x, channels, stride)
        last = Activation.NONE if residual else Activation.RELU
        y = builder.conv(x, f"{slot}.factorized.vertical", channels, (self.length, 1), (stride[0], 1))
        y = builder.conv(y, f"{slot}.factorized.horizontal", channels, (1, self.length), (1, stride[1]), last)
        return add_residual(builder, x, y, f"{slot}.factorized") if residual else y


def choices(lengths: Iterable[int]) -> tuple[Factorized, ...]:
    """One choice a length."""
    return tuple(Factorized(length) for length in sorted(lengths))
