"""A search space of one's own: two stages of shipped blocks and a home-made one."""

from dataclasses import dataclass

from search_spaces.block import add_residual
from search_spaces.blocks import plain_conv
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Pair, Shape, Tensor
from search_spaces.space import Reduction, SearchSpace, Stage, Stem


@dataclass(frozen=True)
class NearAndFar:
    """Two depthwise convolutions, a small and a large one, summed; then the channels are mixed."""

    far: int

    @property
    def label(self) -> str:
        return f"near_and_far{self.far}"

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:
        near = builder.depthwise(x, f"{slot}.near", (3, 3), stride, Activation.NONE)
        far = builder.depthwise(x, f"{slot}.far", (self.far, self.far), stride, Activation.NONE)
        both = builder.add(near, far, f"{slot}.both", Activation.RELU)
        mixed = builder.conv(both, f"{slot}.mix", channels, (1, 1), activation=Activation.NONE)
        return add_residual(builder, x, mixed, f"{slot}.sum")  # behind an entry, shapes always agree


def space(input_shape: Shape, classes: int) -> SearchSpace:
    stages = [
        Stage(depths=(1, 2), widths=(8, 16), reductions=(Reduction.STRIDE, Reduction.MAX_POOL)),
        Stage(depths=(0, 1, 2, 3), widths=(16, 32)),
    ]
    return SearchSpace(
        name="near_and_far",
        input_channels=input_shape[2],
        classes=classes,
        resolutions=(input_shape[:2],),
        stem=Stem(widths=(4, 8)),
        stages=tuple(stages),
        entries=plain_conv.singles([(1, 1), (3, 3)]),  # change size and width
        blocks=(NearAndFar(5), NearAndFar(7), *plain_conv.singles([(3, 3)])),  # keep both
    )
