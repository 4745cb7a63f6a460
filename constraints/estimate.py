"""What a network costs on a target, before anything is trained."""

from __future__ import annotations

from constraints.arena.liveness import bytes_by_op, lifetimes
from constraints.arena.order import least_memory_order
from constraints.arena.placement import place
from constraints.arena.total import arena_bytes
from constraints.cost import Cost
from constraints.energy import energy_uj
from constraints.flash import flash_bytes
from constraints.latency import latency_ms
from constraints.macs import count_macs
from constraints.target import Target
from search_spaces.graph import Graph


def estimate(graph: Graph, target: Target) -> Cost:
    """The cost of `graph`, its ops run in the order that needs the least memory, as they are exported.

    `ram_bytes` is the arena on a 64-bit host, an upper bound for a 32-bit microcontroller.

    Raises:
        UnsupportedOp: the cost of an op is not known.
    """
    ordered = least_memory_order(graph)
    buffers = lifetimes(ordered)
    alive = bytes_by_op(buffers, len(ordered.ops))
    head_bytes = place(buffers).head_bytes
    return Cost(
        activations_bytes=head_bytes,
        ram_bytes=arena_bytes(ordered, head_bytes),
        flash_bytes=flash_bytes(ordered),
        macs=count_macs(ordered),
        latency_ms=latency_ms(ordered, target),
        energy_uj=energy_uj(ordered, target),
        peak_op=ordered.ops[alive.index(max(alive))].name,
    )
