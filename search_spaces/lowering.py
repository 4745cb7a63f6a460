"""From a genotype to its `Graph`."""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.builder import GraphBuilder
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph, Tensor
from search_spaces.space import Reduction, SearchSpace, Stage


def lower(space: SearchSpace, genotype: Genotype) -> Graph:
    """The network that a genotype stands for."""
    builder = GraphBuilder(space.input_shape(genotype))
    _, width, kernel, stride = genotype.genes[:4]
    stem = space.stem
    x = builder.conv(builder.input, "stem", stem.widths[width], stem.kernels[kernel], stem.strides[stride])
    for number, (stage, genes) in enumerate(space.stage_genes(genotype.genes)):
        x = _lower_stage(space, builder, x, stage, genes, f"stage{number}")
    x = builder.global_average_pool(x, "head.pool")
    builder.fully_connected(x, "head.classify", space.classes)
    return builder.build()


def _lower_stage(
    space: SearchSpace, builder: GraphBuilder, x: Tensor, stage: Stage, genes: Sequence[int], name: str
) -> Tensor:
    depth, width, reduction, *blocks = genes
    stride = (1, 1)
    for place in range(stage.depths[depth]):
        if place == 0:
            x, stride = _reduce(builder, x, stage, stage.reductions[reduction], name)
        block = (space.blocks if place else space.entries)[blocks[place]]
        x = block.lower(builder, x, stage.widths[width], stride, f"{name}.block{place}")
        stride = (1, 1)
    return x


def _reduce(
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
