"""Multiply-accumulates of a network, the field's common yardstick of work.

Products with padding zeros count, as the usual formula has it (Howard et al. 2017, MobileNets, section 3.1),
so a kernel that skips them does fewer. Biases, requantization and activations do not count, and neither do
adds and pools, which multiply nothing: they are 0 MACs but not free, and `constraints.latency` charges them.
"""

from __future__ import annotations

from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp


def macs_of(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one op.

    Raises:
        UnsupportedOp: an op of a kind that is not known here.
    """
    outputs = graph.output_of(op).size_bytes  # one byte an element, so bytes are elements
    taps = op.kernel[0] * op.kernel[1]
    match op.kind:
        case OpKind.CONV:
            return outputs * taps * graph.inputs_of(op)[0].shape[2]
        case OpKind.DEPTHWISE_CONV:
            return outputs * taps
        case OpKind.FULLY_CONNECTED:
            return outputs * graph.inputs_of(op)[0].size_bytes
        case OpKind.ADD | OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return 0
        case _:
            raise UnsupportedOp(
                f"op {op.name}: MACs of {op.kind!r} are not known; add its formula to macs_of"
            )


def count_macs(graph: Graph) -> int:
    """Multiply-accumulates of all ops together; raises as `macs_of` does."""
    return sum(macs_of(graph, op) for op in graph.ops)
