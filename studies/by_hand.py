"""A search space of one network made by hand: 3 x 3 convolutions and residuals, for images of some 28 pixels.

It is what a search must beat. On 28 x 28 x 1 it has 55.5 k weights and 4.28 M multiply-accumulates, and its
file 62,272 B: it is drawn for a budget of 63,600.
"""

from dataclasses import dataclass

from search_spaces.block import add_residual
from search_spaces.blocks import plain_conv
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Shape, Tensor
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

MIDDLES = {16: 16, 40: 27}
"""Channels between the two convolutions of a residual, by those around them."""


@dataclass(frozen=True)
class Residual:
    """Two 3 x 3 convolutions; how many channels are between them depends on how many are around them."""

    @property
    def label(self) -> str:
        """It is the only one."""
        return "residual"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """conv, conv, and the input added."""
        middle = MIDDLES[channels]
        y = builder.conv(x, f"{slot}.first", middle, (3, 3), stride)
        y = builder.conv(y, f"{slot}.second", channels, (3, 3), activation=Activation.NONE)
        return add_residual(builder, x, y, slot)


def space(input_shape: Shape, classes: int) -> SearchSpace:
    """Nothing is left to choose."""
    return SearchSpace(
        name="by_hand",
        input_channels=input_shape[2],
        classes=classes,
        resolutions=(input_shape[:2],),
        stem=Stem(widths=(8,), strides=((1, 1),)),
        stages=tuple(
            Stage(depths=(3,), widths=(width,), reductions=(Reduction.STRIDE,)) for width in (16, 40)
        ),
        entries=plain_conv.singles([(3, 3)]),
        blocks=(Residual(),),
    )
