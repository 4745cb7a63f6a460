"""Every genotype of a space that is small enough to be listed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product

from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace, Stage


def every_genotype(space: SearchSpace) -> Iterator[Genotype]:
    """Each genotype that can be sampled, once, in a fixed order; `space.count()` of them."""
    seen: set[Genotype] = set()
    heads = product(*space.allowed[:4])
    stages = [list(_stage_genes(stage, part)) for stage, part in space.allowed_by_stage()]
    for head, *parts in product(heads, *stages):
        genotype = space.canonical([*head, *chain.from_iterable(parts)])
        if genotype not in seen:
            seen.add(genotype)
            yield genotype


def _stage_genes(stage: Stage, part: list[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """The stage's genes for every choice of its active ones, the others 0."""
    for index in part[0]:
        depth = stage.depths[index]
        active = part[1 : 3 + depth] if depth else []
        padding = (0,) * (len(part) - 1 - len(active))
        for genes in product(*active):
            yield index, *genes, *padding
