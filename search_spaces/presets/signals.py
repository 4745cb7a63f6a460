"""Signals, (length, 1, channels), and spectrograms, (time, frequency, channels)."""

from __future__ import annotations

from search_spaces.block import Block
from search_spaces.blocks import bottleneck, depthwise_separable, factorized, inverted_residual, plain_conv
from search_spaces.graph import Pair, Shape
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

POOLED = (Reduction.STRIDE, Reduction.MAX_POOL, Reduction.AVERAGE_POOL)


def space(input_shape: Shape, classes: int) -> SearchSpace:
    """Kernels and strides run along the height alone where the width is 1."""
    is_line = input_shape[1] == 1
    stride = (2, 1) if is_line else (2, 2)
    return SearchSpace(
        name="signals",
        input_channels=input_shape[2],
        classes=classes,
        resolutions=(input_shape[:2],),
        stem=Stem(
            widths=(8, 16, 24, 32),
            kernels=(_kernel(5, is_line), _kernel(9, is_line)),
            strides=(stride, (4, 1) if is_line else (2, 1)),
        ),
        stages=(
            Stage(depths=(1, 2, 3), widths=(8, 16, 24, 32), reductions=POOLED, stride=stride),
            Stage(
                depths=(1, 2, 3), widths=(16, 32, 48, 64), reductions=(*POOLED, Reduction.NONE), stride=stride
            ),
            Stage(depths=(0, 1, 2), widths=(32, 48, 64, 96), reductions=POOLED, stride=stride),
        ),
        entries=plain_conv.singles([_kernel(length, is_line) for length in (1, 3, 5)]),
        blocks=_blocks(is_line=is_line),
    )


def _kernel(length: int, is_line: bool) -> Pair:  # noqa: FBT001 - a private two-way switch
    return (length, 1) if is_line else (length, length)


def _blocks(*, is_line: bool) -> tuple[Block, ...]:
    """All families; on a line a 1 x N convolution would do nothing, so the factorized one is left out."""
    kernels = [_kernel(length, is_line) for length in (3, 5, 7)]
    return (
        *plain_conv.choices(kernels[:2]),
        *depthwise_separable.choices(kernels),
        *(() if is_line else factorized.choices([3, 5, 7])),
        *bottleneck.choices(kernels[:2]),
        *inverted_residual.choices(kernels[:2]),
    )
