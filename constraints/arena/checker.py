"""Checks a placement by replaying the ops; it shares no code with the planner that it judges.

It holds the byte ranges that carry a value still wanted, and takes one away only when its last reader has
run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from search_spaces.graph import Graph

ALIGNED_TO = 16


class BadPlacement(ValueError):
    """A plan under which a network would read overwritten values, or would leave its arena."""


def check_placement(graph: Graph, offsets: Mapping[str, int], arena_bytes: int) -> None:
    """Accepts a plan or says what is wrong with it; `offsets` are bytes from the arena's start, by tensor.

    Raises:
        BadPlacement: a tensor has no offset, an unaligned one, one outside the arena, or shares a byte with
            another one that is alive with it.
    """
    for name in (graph.input.name, *(op.output for op in graph.ops)):
        _check_range(name, offsets, graph.tensors[name].size_bytes, arena_bytes)
    reads_left = Counter(name for op in graph.ops for name in set(op.inputs))
    reads_left[graph.output.name] += 1
    held = {graph.input.name}
    for op in graph.ops:
        _check_apart(graph, op.output, held, offsets, op.name)
        held.add(op.output)
        reads_left.subtract(set(op.inputs))
        held = {name for name in held if reads_left[name] > 0}


def _check_range(name: str, offsets: Mapping[str, int], size: int, arena_bytes: int) -> None:
    if name not in offsets:
        raise BadPlacement(f"every tensor needs an offset, {name} has none: plan it too")
    start = offsets[name]
    if start % ALIGNED_TO:
        raise BadPlacement(f"offsets must be multiples of {ALIGNED_TO}, {name} is at {start}: round it up")
    if start < 0 or start + size > arena_bytes:
        raise BadPlacement(
            f"{name} takes bytes {start}..{start + size} of an arena of {arena_bytes} B: "
            "move it or enlarge the arena"
        )


def _check_apart(graph: Graph, new: str, held: set[str], offsets: Mapping[str, int], op: str) -> None:
    start = offsets[new]
    end = start + graph.tensors[new].size_bytes
    for name in sorted(held):
        other = offsets[name]
        if other < end and start < other + graph.tensors[name].size_bytes:
            raise BadPlacement(
                f"{op} writes {new} at {start}..{end} over {name}, which is still needed: move one"
            )
