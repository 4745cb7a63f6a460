"""Images of 48 pixels and more: visual wake words, photographs of parts, plants, faces."""

from __future__ import annotations

from search_spaces.blocks import bottleneck, depthwise_separable, factorized, inverted_residual, plain_conv
from search_spaces.graph import Shape
from search_spaces.resolution import resolutions_of
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

POOLED = (Reduction.STRIDE, Reduction.MAX_POOL, Reduction.AVERAGE_POOL)


def space(input_shape: Shape, classes: int) -> SearchSpace:
    """A strided stem and four stages, the last one optional; all five families."""
    square = {3: (3, 3), 5: (5, 5), 7: (7, 7)}
    return SearchSpace(
        name="images",
        input_channels=input_shape[2],
        classes=classes,
        resolutions=resolutions_of(input_shape),
        stem=Stem(widths=(4, 8, 16, 24), kernels=((3, 3), (5, 5)), strides=((2, 2), (4, 4))),
        stages=(
            Stage(depths=(1, 2), widths=(8, 12, 16, 24), reductions=(*POOLED, Reduction.NONE)),
            Stage(depths=(1, 2, 3), widths=(16, 24, 32, 40), reductions=POOLED),
            Stage(depths=(1, 2, 3, 4), widths=(24, 32, 48, 64, 80), reductions=POOLED),
            Stage(depths=(0, 1, 2, 3), widths=(48, 64, 96, 128), reductions=POOLED),
        ),
        entries=plain_conv.singles([(1, 1), square[3], square[5]]),
        blocks=(
            *plain_conv.choices([square[3]]),
            *depthwise_separable.choices(square.values()),
            *factorized.choices([3, 5, 7]),
            *bottleneck.choices([square[3], square[5]]),
            *inverted_residual.choices([square[3], square[5]]),
        ),
    )
