"""A network as a vector in which alike networks are near one another: what a model of the loss is fitted on.

Read off the `Graph`, so that every space has it: how large the network is, and, by how often its maps have
been made smaller, how wide they are and how many ops of each sort work on them.
"""

from __future__ import annotations

import math

from nas.calibration import Sizes
from search_spaces.graph import Graph, Op, OpKind

LEVELS = 5
"""Halvings of the map's longer side that are told apart; deeper ones count as the last."""
COUNT_WEIGHT = 0.5
"""One op more is half as far as a network of twice the size."""
SORTS = ("pointwise", "square", "line", "depthwise", "add", "pool")


def encoding(graph: Graph) -> list[float]:
    """log2 of weights and MACs; by level log2 of the widest map, and the number of ops of each of `SORTS`."""
    widest = [1] * LEVELS
    counts = [[0] * len(SORTS) for _ in range(LEVELS)]
    side = max(graph.input.shape[:2])
    for op in graph.ops:
        height, width, channels = graph.output_of(op).shape
        level = min(LEVELS - 1, max(0, round(math.log2(side / max(height, width)))))
        widest[level] = max(widest[level], channels)
        sort = _sort(op)
        if sort is not None:
            counts[level][SORTS.index(sort)] += 1
    size = Sizes.of(graph)
    sizes = [math.log2(size.parameters + 1), math.log2(size.macs + 1)]
    return [
        *sizes,
        *(math.log2(channels) for channels in widest),
        *(COUNT_WEIGHT * count for level in counts for count in level),
    ]


def _sort(op: Op) -> str | None:
    match op.kind:
        case OpKind.CONV if op.kernel == (1, 1):
            return "pointwise"
        case OpKind.CONV:
            return "square" if op.kernel[0] == op.kernel[1] else "line"
        case OpKind.DEPTHWISE_CONV:
            return "depthwise"
        case OpKind.ADD:
            return "add"
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL:
            return "pool"
        case _:
            return None
