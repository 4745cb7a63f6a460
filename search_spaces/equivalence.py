"""Which blocks are one and the same at a given width.

Channel counts are rounded to multiples of 4, so that at narrow widths two choices can write the same ops: a
bottleneck of 8 channels has a middle of 4 both at reduction 2 and at reduction 4.
"""

from __future__ import annotations

from collections.abc import Sequence

from search_spaces.block import Block
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Op, Shape


def first_equal_blocks(blocks: Sequence[Block], shape: Shape) -> tuple[int, ...]:
    """For every block the index of the first one that writes the same ops over maps of this shape."""
    first: dict[tuple[Op, ...], int] = {}
    return tuple(first.setdefault(_ops(block, shape), index) for index, block in enumerate(blocks))


def _ops(block: Block, shape: Shape) -> tuple[Op, ...]:
    builder = GraphBuilder(shape)
    block.lower(builder, builder.input, shape[2], (1, 1), "block")
    return builder.build().ops
