"""What a network costs on a target, before anything is trained."""

from __future__ import annotations

from constraints.arena.layout import lay_out
from constraints.arena.tail import parts_of
from constraints.arena.total import needed_bytes
from constraints.cost import Cost
from constraints.energy import energy_uj
from constraints.flash import flash_bytes
from constraints.latency import latency_ms
from constraints.macs import count_macs
from constraints.target import Target
from search_spaces.graph import Graph


def estimate(graph: Graph, target: Target) -> Cost:
    """The cost of `graph` as it is exported for a target: in the order and by the plan with the least memory.

    Raises:
        UnsupportedOp: the cost of an op is not known.
    """
    layout = lay_out(graph, target.kernels)
    ordered, head_bytes = layout.graph, layout.plan.head_bytes
    return Cost(
        activations_bytes=head_bytes,
        ram_bytes=needed_bytes(parts_of(ordered, target.kernels), head_bytes, target.kernels),
        flash_bytes=flash_bytes(ordered, plan_in_file=True),
        macs=count_macs(ordered),
        latency_ms=latency_ms(ordered, target),
        energy_uj=energy_uj(ordered, target),
        peak_op=layout.peak_op,
    )
