"""The order of the ops that needs the least memory.

A search over the sets of ops that have run: which tensors are alive after a set has run does not depend on
the order within it, so the lowest peak with which a set can be reached is found once a set. Source: Liberis
and Lane 2019, Neural networks on microcontrollers: saving memory at inference via operator reordering,
section 4.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from constraints.arena.liveness import aligned, lifetimes
from constraints.arena.placement import place
from search_spaces.graph import Graph

MOST_SETS = 20_000
"""How many sets of ops are looked at before the search gives up (about 0.3 s)."""


@dataclass(frozen=True, slots=True)
class _Needs:
    """What the search knows of a graph; sets are bit masks over its ops."""

    before: tuple[int, ...]
    """By op: the ops that must have run before it; before the last one, whose output is the network's, all
    others."""
    tensors: tuple[tuple[int, int, int], ...]
    """By tensor: bytes, the op that writes it (a mask; 0 for the input), the ops that read it."""
    last: int
    """The last op, as a mask: its output is the network's and stays."""


def least_memory_order(graph: Graph, most_sets: int = MOST_SETS) -> Graph:
    """`graph` with its ops in the order whose peak of alive bytes is lowest.

    The given order stays where no other exists (chains, also with residual additions), where another one
    needs no fewer bytes once placed, and where the search would look at more than `most_sets` sets of ops.
    """
    if not has_choice(graph):
        return graph
    order = lowest_peak_order(graph, most_sets)
    if order is None:
        return graph
    found = graph.with_order(graph.ops[index] for index in order)
    better = place(lifetimes(found)).head_bytes < place(lifetimes(graph)).head_bytes
    return found if better else graph


def lowest_peak_order(graph: Graph, most_sets: int = MOST_SETS) -> tuple[int, ...] | None:
    """Indices of the ops in an order whose peak of alive bytes is lowest, the last op staying last.

    None where finding it takes more than `most_sets` sets.
    """
    return _search(_needs(graph), len(graph.ops), most_sets)


def has_choice(graph: Graph) -> bool:
    """Whether the ops can run in more than one order.

    They cannot exactly if every op reads what the op before it wrote.
    """
    return any(before.output not in op.inputs for before, op in zip(graph.ops, graph.ops[1:], strict=False))


def _needs(graph: Graph) -> _Needs:
    writer = {op.output: 1 << index for index, op in enumerate(graph.ops)}
    readers = dict.fromkeys((graph.input.name, *writer), 0)
    for index, op in enumerate(graph.ops):
        for name in op.inputs:
            readers[name] |= 1 << index
    last = 1 << (len(graph.ops) - 1)
    before = [_union(writer.get(name, 0) for name in op.inputs) for op in graph.ops[:-1]]
    tensors = [
        (aligned(graph.tensors[name].size_bytes), writer.get(name, 0), read) for name, read in readers.items()
    ]
    return _Needs((*before, last - 1), tuple(tensors), last)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _search(needs: _Needs, ops: int, most_sets: int) -> tuple[int, ...] | None:
    """Dijkstra's algorithm with the largest step in place of the sum; None where `most_sets` did not do."""
    everything = (1 << ops) - 1
    queue: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    seen: set[int] = set()
    while queue and len(seen) < most_sets:
        peak, done, order = heapq.heappop(queue)
        if done == everything:
            return order
        if done in seen:
            continue
        seen.add(done)
        for index, before in enumerate(needs.before):
            if not done >> index & 1 and before & ~done == 0:
                step = _alive_while(needs, done, 1 << index)
                heapq.heappush(queue, (max(peak, step), done | 1 << index, (*order, index)))
    return None


def _alive_while(needs: _Needs, done: int, op: int) -> int:
    """Bytes alive while `op` runs, the ops of `done` having run."""
    alive = 0
    for size, writer, readers in needs.tensors:
        written = writer == 0 or writer & (done | op)
        needed = readers & ~done or writer in (op, needs.last)
        if written and needed:
            alive += size
    return alive
