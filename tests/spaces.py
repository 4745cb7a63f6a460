"""Small search spaces, small enough to be listed by brute force, and a cost to bound them with."""

from __future__ import annotations

from functools import cache

from nas.controllers.excess import Excess
from search_spaces.blocks import bottleneck, depthwise_separable, inverted_residual, plain_conv
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower
from search_spaces.presets import tiny_images
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

SHAPE = (8, 8, 1)


def one_stage_space() -> SearchSpace:
    """60 networks: 4 stems, each with nothing behind it, an entry, or an entry and a block.

    2 widths x 2 entries = 4 stages without a block. Width 4 offers 2 different blocks (both bottlenecks have
    a middle of 4 channels there) and width 16 offers 3: 2 x 2 + 2 x 3 = 10 stages with one. In all there are
    4 x (1 + 4 + 10) = 60.
    """
    return _space("one_stage", (Stage(depths=(0, 1, 2), widths=(4, 16), reductions=(Reduction.STRIDE,)),))


def two_stage_space() -> SearchSpace:
    """4 x 15 x 15 = 900 networks; 15 as in `one_stage_space`."""
    stage = Stage(depths=(0, 1, 2), widths=(4, 16), reductions=(Reduction.MAX_POOL,))
    return _space("two_stage", (stage, stage))


def single_space() -> SearchSpace:
    """One network."""
    return SearchSpace(
        name="single",
        input_channels=1,
        classes=3,
        resolutions=((8, 8),),
        stem=Stem(widths=(4,), strides=((1, 1),)),
        stages=(Stage(depths=(1,), widths=(8,), reductions=(Reduction.STRIDE,)),),
        entries=depthwise_separable.choices([(3, 3)]),
        blocks=(),
    )


def large_space() -> SearchSpace:
    """About 10^16 networks: far too many to list."""
    return tiny_images.space((28, 28, 1), 10)


def _space(name: str, stages: tuple[Stage, ...]) -> SearchSpace:
    return SearchSpace(
        name=name,
        input_channels=1,
        classes=3,
        resolutions=(SHAPE[:2],),
        stem=Stem(widths=(4, 8)),
        stages=stages,
        entries=plain_conv.singles([(1, 1), (3, 3)]),
        blocks=(*plain_conv.singles([(3, 3)]), *bottleneck.choices([(3, 3)], reductions=(2, 4))),
    )


def every_family_space() -> SearchSpace:
    """Three families over two stages, with a stage that can be left out and every way of reducing."""
    return SearchSpace(
        name="every_family",
        input_channels=3,
        classes=5,
        resolutions=((16, 12), (8, 6)),
        stem=Stem(widths=(4, 8), kernels=((3, 3), (5, 5))),
        stages=(
            Stage(depths=(1, 2), widths=(8, 16), reductions=tuple(Reduction)),
            Stage(depths=(0, 1, 3), widths=(8, 24), reductions=tuple(Reduction)),
        ),
        entries=(*plain_conv.singles([(3, 3)]), *inverted_residual.choices([(3, 3)], expansions=(2,))),
        blocks=(
            *plain_conv.choices([(3, 3)]),
            *bottleneck.choices([(3, 3)]),
            *inverted_residual.choices([(3, 3)], expansions=(2,)),
        ),
    )


def weights(space: SearchSpace, genotype: Genotype) -> int:
    """How many weights a network has, biases left out."""
    return sum(op.weight.count for op in lower(space, genotype).ops if op.weight is not None)


def weights_over(space: SearchSpace, limit: int) -> Excess:
    """How far a network's weights exceed a limit, as a fraction of it; 0 where they do not."""

    @cache
    def excess(genotype: Genotype) -> float:
        return max(weights(space, genotype) / limit - 1, 0.0)

    return Excess.one_by_one(excess)
