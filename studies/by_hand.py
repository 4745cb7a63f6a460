"""A search space of one network made by hand: 3 x 3 convolutions and residuals, for images of some 28 pixels.

It is what a search must beat. On 28 x 28 x 1 it has 57.9 k parameters and 4.38 M multiply-accumulates.
"""

from dataclasses import dataclass

from search_spaces.block import add_residual
from search_spaces.blocks import plain_conv
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Shape, Tensor
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

MIDDLES = {"stage0.block1": 16, "stage0.block2": 16, "stage1.block1": 32, "stage1.block2": 25}


@dataclass(frozen=True)
class Residual:
    """Two 3 x 3 convolutions; how many channels are between them depends on the place."""

    @property
    def label(self) -> str:
        """It is the only one."""
        return "residual"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        """conv, conv, and the input added."""
        middle = MIDDLES.get(slot, channels)
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
