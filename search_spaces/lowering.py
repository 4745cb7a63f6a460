"""From a genotype to its `Graph`."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.builder import GraphBuilder
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph, Tensor
from search_spaces.space import Reduction, SearchSpace, Stage, Stem


def lower(space: SearchSpace, genotype: Genotype) -> Graph:
    """The network that a genotype stands for."""
    builder = GraphBuilder(space.input_shape(genotype))
    x = lower_stem(builder, space.stem, genotype.genes[1:4])
    for number, (stage, genes) in enumerate(space.stage_genes(genotype.genes)):
        x = _lower_stage(space, builder, x, stage, genes, f"stage{number}")
    lower_head(builder, x, space.classes)
    return builder.build()


def lower_stem(builder: GraphBuilder, stem: Stem, genes: Sequence[int]) -> Tensor:
    """The first convolution; `genes` choose its width, kernel and stride."""
    width, kernel, stride = genes
    return builder.conv(builder.input, "stem", stem.widths[width], stem.kernels[kernel], stem.strides[stride])


def lower_head(builder: GraphBuilder, x: Tensor, classes: int) -> Tensor:
    """The mean of every channel, and a linear layer over them."""
    return builder.fully_connected(builder.global_average_pool(x, "head.pool"), "head.classify", classes)


def _lower_stage(
    space: SearchSpace, builder: GraphBuilder, x: Tensor, stage: Stage, genes: Sequence[int], name: str
) -> Tensor:
    depth, width, reduction, *blocks = genes
    stride = (1, 1)
    for place in range(stage.depths[depth]):
        if place == 0:
            x, stride = lower_reduction(builder, x, stage, stage.reductions[reduction], name)
        block = (space.blocks if place else space.entries)[blocks[place]]
        x = block.lower(builder, x, stage.widths[width], stride, f"{name}.block{place}")
        stride = (1, 1)
    return x


def lower_reduction(
    builder: GraphBuilder, x: Tensor, stage: Stage, reduction: Reduction, name: str
) -> tuple[Tensor, tuple[int, int]]:
    """The stage's input after pooling, and the stride left for its first block."""
    if reduction is Reduction.STRIDE:
        return x, stage.stride
    if reduction is Reduction.MAX_POOL:
        x = builder.max_pool(x, f"{name}.max_pool", stage.stride)
    elif reduction is Reduction.AVERAGE_POOL:
        x = builder.average_pool(x, f"{name}.average_pool", stage.stride)
    return x, (1, 1)
