"""The arena that a network needs in all: to run, and before that to be prepared.

While TFLM prepares a network it borrows the room of the head, which is not laid out yet. A small network
with many ops needs more for that than for running, and then an arena of head + tail is too small:
`AllocateTensors` fails. There are three sums, and the largest counts:

- running: head + tail;
- preparing an op: the tail so far, room for 12 scratch requests beyond those made, and the op's tensors;
- planning: the tail so far, the requests, a struct for every tensor of the file, and the planner's own for
  every buffer that it places.

Source: tflite-micro, micro_allocator.cc (`FinishPrepareNodeAllocations`, `CommitStaticMemoryPlan`) and
micro_allocation_info.cc (`CreateAllocationInfo`). A plan in the file ("OfflineMemoryAllocation") changes
none of them.
"""

from __future__ import annotations

from constraints.arena.tail import NetworkParts, Tail, combine, parts_of
from constraints.arena.tflm_structs import (
    ALIGNMENT,
    PLANNED_BUFFER_BYTES,
    REQUESTS_PER_OP,
    Structs,
    aligned_after,
    structs_of,
)
from constraints.kernels import HOST, Kernels
from search_spaces.graph import Graph


def arena_bytes(graph: Graph, head_bytes: int, pointer_bytes: int = HOST.pointer_bytes) -> int:
    """The smallest arena in which TFLM's reference kernels prepare and run a network whose head is known.

    Raises:
        UnsupportedOp: TFLM's data for one of the ops is not known.
    """
    kernels = Kernels(pointer_bytes=pointer_bytes)
    return needed_bytes(parts_of(graph, kernels), head_bytes, kernels)


def needed_bytes(parts: NetworkParts, head_bytes: int, kernels: Kernels) -> int:
    """The smallest arena, a multiple of 16 bytes, for a network on some kernels."""
    structs, tail = structs_of(kernels), combine(parts, kernels)
    running = head_bytes + tail.total
    most = max(running, _preparing_bytes(parts, tail, structs), _planning_bytes(parts, tail, structs))
    return aligned_after(0, most, ALIGNMENT)


def _preparing_bytes(parts: NetworkParts, tail: Tail, structs: Structs) -> int:
    most, requests = 0, REQUESTS_PER_OP
    for op, used in zip(parts.ops, tail.prepared, strict=True):
        most = max(most, used + _requests_bytes(requests, structs) + op.temporary)
        requests += op.scratch_buffers
    return most


def _planning_bytes(parts: NetworkParts, tail: Tail, structs: Structs) -> int:
    scratch = sum(op.scratch_buffers for op in parts.ops)
    known = _requests_bytes(REQUESTS_PER_OP + scratch, structs) + structs.pointer
    known = aligned_after(known, structs.allocation_info * (parts.tensors + scratch), ALIGNMENT)
    kept = aligned_after(tail.prepared[-1], structs.pointer * scratch, ALIGNMENT)
    return kept + known + PLANNED_BUFFER_BYTES * (parts.activations + scratch)


def _requests_bytes(requests: int, structs: Structs) -> int:
    return structs.scratch_request * requests
