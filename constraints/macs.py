"""Multiply-accumulates of a network, the field's common yardstick of work.

Products with padding zeros count, as the usual formula has it (Howard et al. 2017, MobileNets, section 3.1),
so a kernel that skips them does fewer. Biases, requantization and activations do not count, and neither do
adds and pools, which multiply nothing: they are 0 MACs but not free, and `constraints.latency` charges them.
"""

from __future__ import annotations

from constraints.geometry import Geometry, geometry_of
from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp


def macs(geometry: Geometry) -> int:
    """Multiply-accumulates of an op of this geometry.

    Raises:
        UnsupportedOp: a kind of op that is not known here.
    """
    outputs = geometry.output_bytes  # one byte an element, so bytes are elements
    taps = geometry.kernel[0] * geometry.kernel[1]
    match geometry.kind:
        case OpKind.CONV:
            return outputs * taps * geometry.input[2]
        case OpKind.DEPTHWISE_CONV:
            return outputs * taps
        case OpKind.FULLY_CONNECTED:
            return outputs * geometry.input_bytes
        case OpKind.ADD | OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return 0
        case _:
            raise UnsupportedOp(f"MACs of {geometry.kind!r} are not known; add its formula to macs")


def macs_of(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one op of a graph.

    Raises:
        UnsupportedOp: as `macs` does; the op is named.
    """
    try:
        return macs(geometry_of(graph, op))
    except UnsupportedOp as error:
        raise UnsupportedOp(f"op {op.name}: {error}") from error


def count_macs(graph: Graph) -> int:
    """Multiply-accumulates of all ops together; raises as `macs_of` does."""
    return sum(macs_of(graph, op) for op in graph.ops)
