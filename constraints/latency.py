"""Predicted time of one inference: cycles by kind of op, then milliseconds by the clock.

cycles(op) = cycles_per_op + rate * work, where work is MACs for convolutions and fully connected layers,
elements written for an add, and elements read (window size x elements written) for pools. That latency on a
microcontroller is close to linear in work: Banbury et al. 2021, MicroNets, section 3.

Left out: flash wait states (so a clock change scales cycles exactly, which a slow flash does not), caches,
what depends on channel counts not being multiples of four, im2col at image borders, interrupts, and the
application. The rates come from published totals of whole networks or from published kernel timings, and
their error, where it could be found, stands beside them as `median_error` and `worst_error`.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.cost_models import LatencyModel
from constraints.macs import macs_of
from constraints.target import Target
from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp


@dataclass(frozen=True, slots=True)
class _Work:
    """How much of what an op does, and what one of it costs; `kernel` names it in an error."""

    kernel: str
    amount: int
    cycles_each: float | None


def op_cycles(graph: Graph, op: Op, model: LatencyModel) -> float:
    """Predicted processor cycles of one op.

    Raises:
        UnsupportedOp: a kind of op that is not known here, or one the model has no constant for.
    """
    work = _work(graph, op, model)
    if work.cycles_each is None:
        raise UnsupportedOp(
            f"op {op.name}: the latency model ({model.software_stack}) has no constant for {work.kernel}; "
            "add one with its source, or leave the latency budget out"
        )
    return model.cycles_per_op + work.cycles_each * work.amount


def predicted_cycles(graph: Graph, model: LatencyModel) -> float:
    """Predicted processor cycles of one inference; raises as `op_cycles` does."""
    return sum(op_cycles(graph, op, model) for op in graph.ops)


def latency_ms(graph: Graph, target: Target) -> float | None:
    """Predicted milliseconds of one inference, or None where the target has no latency model.

    Raises:
        UnsupportedOp: as `op_cycles` does.
    """
    if target.latency is None or target.clock_hz is None:
        return None
    return predicted_cycles(graph, target.latency) / target.clock_hz * 1000


def _work(graph: Graph, op: Op, model: LatencyModel) -> _Work:
    written = graph.output_of(op).size_bytes  # one byte an element
    read = written * op.kernel[0] * op.kernel[1]
    match op.kind:
        case OpKind.CONV if op.kernel == (1, 1):
            return _Work("pointwise convolution", macs_of(graph, op), model.pointwise_cycles_per_mac)
        case OpKind.CONV:
            return _Work("convolution", macs_of(graph, op), model.conv_cycles_per_mac)
        case OpKind.DEPTHWISE_CONV:
            return _Work("depthwise convolution", macs_of(graph, op), model.depthwise_cycles_per_mac)
        case OpKind.FULLY_CONNECTED:
            return _Work("fully connected", macs_of(graph, op), model.fully_connected_cycles_per_mac)
        case OpKind.ADD:
            return _Work("add", written, model.add_cycles_per_element)
        case OpKind.MAX_POOL:
            return _Work("max pool", read, model.max_pool_cycles_per_element)
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _Work("average pool", read, model.average_pool_cycles_per_element)
        case _:
            raise UnsupportedOp(f"op {op.name}: the latency of {op.kind!r} is not known; add it to op_cycles")
