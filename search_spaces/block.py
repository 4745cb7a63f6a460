"""What every block family offers; a family is one file in `search_spaces/blocks/`."""

from __future__ import annotations

from typing import Protocol

from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Tensor


class Block(Protocol):
    """One choice of a family, e.g. "inverted residual, 3x3, expansion 4"."""

    @property
    def label(self) -> str:
        """A short name, unique within a space."""
        ...

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """Writes the block's ops; `slot` prefixes the names of the weights that it shares.

        What is written may depend on the channels of `x`, never on its height or width: the weights serve
        every resolution. Nor may it depend on `slot`: costs are added up of blocks wherever they stand.
        """
        ...


def add_residual(
    builder: GraphBuilder, x: Tensor, y: Tensor, slot: str, activation: Activation = Activation.RELU
) -> Tensor:
    """`y` plus the block's input; the caller has checked that their shapes agree."""
    return builder.add(x, y, f"{slot}.add", activation)


def keeps_shape(x: Tensor, channels: int, stride: Pair) -> bool:
    """Whether a block with these choices can add its input to its output."""
    return stride == (1, 1) and x.shape[2] == channels


def round_channels(channels: float, multiple: int = 4) -> int:
    """The nearest positive multiple of `multiple`."""
    return max(multiple, round(channels / multiple) * multiple)


def kernel_label(kernel: Pair) -> str:
    """`3` for a square kernel, `3x1` for another."""
    return f"{kernel[0]}" if kernel[0] == kernel[1] else f"{kernel[0]}x{kernel[1]}"
