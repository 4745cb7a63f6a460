"""A `Graph` as its memory sees it."""

from __future__ import annotations

from constraints.arena.overlap import gaps
from constraints.arena.program import Program, Step
from constraints.arena.scratch import scratch_bytes
from constraints.geometry import geometry_of
from constraints.kernels import Kernels
from search_spaces.graph import Graph, Op


def program_of(graph: Graph, kernels: Kernels) -> Program:
    """The program of a graph whose ops run in the order given."""
    sizes = {graph.input.name: graph.input.size_bytes}
    sizes.update((op.output, graph.tensors[op.output].size_bytes) for op in graph.ops)
    steps = tuple(step_of(graph, op, kernels) for op in graph.ops)
    return Program((graph.input.name,), (graph.output.name,), sizes, steps)


def step_of(graph: Graph, op: Op, kernels: Kernels) -> Step:
    """One op of it."""
    geometry = geometry_of(graph, op)
    return Step(
        name=op.name,
        reads=op.inputs,
        writes=(op.output,),
        gaps=gaps(geometry, kernels),
        scratch_bytes=scratch_bytes(geometry, kernels),
    )
