"""The arena that a network needs in all: to run, and before that to be prepared.

While TFLM prepares a network it borrows the room of the head, which is not laid out yet. A small network with
many ops needs more for that than for running, and then an arena of head + tail is too small:
`AllocateTensors` fails. The sizes were found by searching for the smallest arena that works in tflite-micro
0.dev20261023; on 24 random networks and 16 networks of one or two ops it was the largest of the sums below,
or up to 32 bytes less, which is alignment.
"""

from __future__ import annotations

from constraints.arena.tail import ENDPOINT_BYTES, count_tensors, per_channel_scales, persistent_bytes_by_op
from search_spaces.graph import Graph, Op, OpKind

REQUEST_BYTES = 192
"""Room for the scratch requests of one op: 12 of 16 B (TFLM, micro_allocator.cc,
`kMaxScratchBuffersPerOp`)."""
CONVOLUTION_BYTES = 640
"""A convolution's `TfLiteTensor`s while it is prepared: input, weights, bias, output, some of them twice.

Measured: 624 to 640, as alignment falls; the larger is taken."""
CHANNEL_BYTES = 8
"""The weights' zero points, int32, twice."""
FULLY_CONNECTED_BYTES = 400
"""A fully connected op's `TfLiteTensor`s, measured: 384 to 400."""
PLAN_BYTES = REQUEST_BYTES + 24
PLAN_TENSOR_BYTES = 32
"""`AllocationInfo`, one for every tensor of the file."""
PLAN_BUFFER_BYTES = 40
"""What the greedy planner holds for every buffer that it places."""


def arena_bytes(graph: Graph, head_bytes: int) -> int:
    """The smallest arena in which TFLM on a 64-bit host prepares and runs a network whose head is known."""
    persistent = persistent_bytes_by_op(graph)
    running = head_bytes + persistent[-1] + 2 * ENDPOINT_BYTES
    planning = (
        persistent[-1]
        + PLAN_BYTES
        + PLAN_TENSOR_BYTES * count_tensors(graph)
        + PLAN_BUFFER_BYTES * (1 + len(graph.ops))
    )
    preparing = max(
        used + REQUEST_BYTES + _temporary_bytes(op) for op, used in zip(graph.ops, persistent, strict=True)
    )
    return -(-max(running, planning, preparing) // 16) * 16


def _temporary_bytes(op: Op) -> int:
    """What an op's kernel holds while it is prepared; for adds and pools planning always needs more."""
    channels = per_channel_scales(op)
    if channels:
        return CONVOLUTION_BYTES + CHANNEL_BYTES * channels
    return FULLY_CONNECTED_BYTES if op.kind is OpKind.FULLY_CONNECTED else 0
