"""Predicted time of one inference: cycles by kind of op and kernel shape, then milliseconds by the clock.

    convolution      cycles_per_op + rate x MACs + cycles_per_output x elements written
                     + cycles_per_gathered_byte x window bytes (kernel x input channels x output pixels)
    pointwise, depthwise, fully connected
                     cycles_per_op + rate x MACs + cycles_per_output x elements written
    add              cycles_per_op + rate x elements written
    pools            cycles_per_op + rate x elements read (window x elements written)

A convolution pays for its window once an output pixel and not once a MAC, because CMSIS-NN and its likes copy
it into a column first (im2col; Lai et al. 2018, CMSIS-NN, arXiv:1801.06601, section 3.2): so one of 3 input
or 8 output channels costs more a MAC than a wide one. That latency on a microcontroller is close to linear in
work: Banbury et al. 2021, MicroNets, section 3.

Left out: flash wait states (so a clock change scales cycles exactly, which a slow flash does not: with one
engine a PSoC 62 took 37 to 41% more cycles than an STM32L4R5, the same core; plumerai's README in MLPerf Tiny
v1.1), caches, what depends on channel counts not being multiples of four, interrupts, and the application.
The constants come from published totals of whole networks or from published kernel timings, and their error,
where it could be found, stands beside them as `median_error` and `worst_error`.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.cost_models import LatencyModel
from constraints.geometry import Geometry, geometry_of
from constraints.macs import macs
from constraints.target import Target
from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp


@dataclass(frozen=True, slots=True)
class _Work:
    """How much of what an op does, and what one of it costs; `kernel` names it in an error."""

    kernel: str
    amount: int
    cycles_each: float | None


def op_cycles(geometry: Geometry, model: LatencyModel) -> int:
    """Predicted processor cycles of an op of this geometry, whole, so that sums do not hang on their order.

    Raises:
        UnsupportedOp: a kind of op that is not known here, or one the model has no constant for.
    """
    work = _work(geometry, model)
    if work.cycles_each is None:
        raise UnsupportedOp(
            f"the latency model ({model.software_stack}) has no constant for {work.kernel}; "
            "add one with its source, or leave the latency budget out"
        )
    return round(model.cycles_per_op + work.cycles_each * work.amount + _around_the_macs(geometry, model))


def predicted_cycles(graph: Graph, model: LatencyModel) -> int:
    """Predicted processor cycles of one inference.

    Raises:
        UnsupportedOp: as `op_cycles` does; the op is named.
    """
    return sum(_named_cycles(graph, op, model) for op in graph.ops)


def latency_ms(graph: Graph, target: Target) -> float | None:
    """Predicted milliseconds of one inference, or None where the target has no latency model.

    Raises:
        UnsupportedOp: as `predicted_cycles` does.
    """
    if target.latency is None or target.clock_hz is None:
        return None
    return milliseconds(predicted_cycles(graph, target.latency), target.clock_hz)


def milliseconds(cycles: float, clock_hz: int) -> float:
    """How long so many cycles take."""
    return cycles / clock_hz * 1000


def gathered_bytes(geometry: Geometry) -> int:
    """Bytes that a convolution with a window reads into columns: its window, once an output pixel."""
    if geometry.kind is not OpKind.CONV or geometry.kernel == (1, 1):
        return 0
    height, width, _ = geometry.output
    return height * width * geometry.kernel[0] * geometry.kernel[1] * geometry.input[2]


def multiplied_outputs(geometry: Geometry) -> int:
    """Elements written by an op that multiplies; 0 for adds and pools, whose rates hold all they cost."""
    return geometry.output_bytes if geometry.kind in _MULTIPLYING else 0


_MULTIPLYING = frozenset({OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.FULLY_CONNECTED})


def _around_the_macs(geometry: Geometry, model: LatencyModel) -> float:
    outputs = model.cycles_per_output * multiplied_outputs(geometry)
    return outputs + model.cycles_per_gathered_byte * gathered_bytes(geometry)


def _named_cycles(graph: Graph, op: Op, model: LatencyModel) -> int:
    try:
        return op_cycles(geometry_of(graph, op), model)
    except UnsupportedOp as error:
        raise UnsupportedOp(f"op {op.name}: {error}") from error


def _work(geometry: Geometry, model: LatencyModel) -> _Work:
    written = geometry.output_bytes  # one byte an element
    read = written * geometry.kernel[0] * geometry.kernel[1]
    match geometry.kind:
        case OpKind.CONV if geometry.kernel == (1, 1):
            return _Work("pointwise convolution", macs(geometry), model.pointwise_cycles_per_mac)
        case OpKind.CONV:
            return _Work("convolution", macs(geometry), model.conv_cycles_per_mac)
        case OpKind.DEPTHWISE_CONV:
            return _Work("depthwise convolution", macs(geometry), model.depthwise_cycles_per_mac)
        case OpKind.FULLY_CONNECTED:
            return _Work("fully connected", macs(geometry), model.fully_connected_cycles_per_mac)
        case OpKind.ADD:
            return _Work("add", written, model.add_cycles_per_element)
        case OpKind.MAX_POOL:
            return _Work("max pool", read, model.max_pool_cycles_per_element)
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _Work("average pool", read, model.average_pool_cycles_per_element)
        case _:
            raise UnsupportedOp(f"the latency of {geometry.kind!r} is not known; add it to op_cycles")
