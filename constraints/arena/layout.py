"""A graph in the order in which it runs, and where its activations lie: what is costed and exported."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.graph_program import program_of
from constraints.arena.liveness import lifetimes
from constraints.arena.occupancy import occupied_bytes, peak_step
from constraints.arena.order import least_memory_order
from constraints.arena.placement import place
from constraints.arena.plan import Plan, plan
from constraints.arena.program import Program
from constraints.arena.total import arena_bytes
from constraints.kernels import HOST, Kernels
from search_spaces.graph import Graph


@dataclass(frozen=True, eq=False)
class Layout:
    """A graph, its ops ordered; the program that it is on some kernels; and the plan of that."""

    graph: Graph
    program: Program
    plan: Plan

    @property
    def peak_op(self) -> str:
        """The name of the first op at which the most bytes are in use."""
        return peak_step(self.program, self.plan.offsets)

    @property
    def host_arena_bytes(self) -> int:
        """The arena on the computer that executes the file for us: no scratch memory, 64-bit pointers."""
        return arena_bytes(self.graph, self.plan.tensors_bytes, HOST.pointer_bytes)

    @property
    def unplanned_bytes(self) -> int:
        """The head that TFLM's own planner would take on these kernels, scratch memory included."""
        return place(lifetimes(self.program)).head_bytes

    @property
    def occupied_bytes(self) -> tuple[int, ...]:
        """Bytes in use, one figure an op."""
        return occupied_bytes(self.program, self.plan.offsets)


def lay_out(graph: Graph, kernels: Kernels) -> Layout:
    """The order and the plan with the least memory on these kernels."""
    given = program_of(graph, kernels)
    program = least_memory_order(given)
    if program is not given:
        ops = {op.name: op for op in graph.ops}
        graph = graph.with_order(ops[step.name] for step in program.steps)
    return Layout(graph, program, plan(program))
