"""What TensorFlow Lite Micro keeps in the arena for as long as a network is loaded: the arena's tail.

The steps are those of `MicroInterpreter::AllocateTensors`, in their order, because each allocation is
aligned where it falls: the allocators' own structs, one struct a tensor, one struct an op, all ops' options,
all kernels' data; then, as op after op is prepared, what each adds; last the tensors that the network's
inputs and outputs are reached by. For a 64-bit host the sum equalled what tflite-micro 0.dev20261023
records, to the byte, on every network that it was compared on. What 4-byte pointers stand for is said in
`constraints.arena.tflm_structs`.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.kernel_tails import OpTail, op_tail
from constraints.arena.scratch import scratch_bytes
from constraints.arena.tflm_structs import ALIGNMENT, Structs, aligned_after, structs_of
from constraints.geometry import geometry_of
from constraints.kernels import HOST, Kernels
from search_spaces.graph import Graph, Op


@dataclass(frozen=True, slots=True)
class NetworkParts:
    """What a network's tail depends on: `tensors` counts a file's, `activations` those that are computed.

    The network's inputs are among the activations. Of its inputs and outputs, the plain ones carry no
    quantization in the file, as floats do.
    """

    ops: tuple[OpTail, ...]
    tensors: int
    activations: int
    inputs: int = 1
    outputs: int = 1
    plain_inputs: int = 0
    plain_outputs: int = 0


@dataclass(frozen=True, slots=True)
class Tail:
    """Bytes of the tail: once all ops are read, after each has been prepared, and in the end."""

    loaded: int
    prepared: tuple[int, ...]
    total: int


def tail_bytes(graph: Graph, pointer_bytes: int = HOST.pointer_bytes) -> int:
    """Bytes of the tail once a network is ready to run on the reference kernels.

    Raises:
        UnsupportedOp: TFLM's data for one of the ops is not known.
    """
    kernels = Kernels(pointer_bytes=pointer_bytes)
    return combine(parts_of(graph, kernels), kernels).total


def parts_of(graph: Graph, kernels: Kernels) -> NetworkParts:
    """What the tail of a graph, exported as a file, depends on.

    Raises:
        UnsupportedOp: TFLM's data for one of the ops is not known.
    """
    ops = tuple(graph_op_tail(graph, op, kernels) for op in graph.ops)
    return NetworkParts(ops, count_tensors(graph), 1 + len(graph.ops))


def graph_op_tail(graph: Graph, op: Op, kernels: Kernels) -> OpTail:
    """What one op of a graph adds."""
    geometry = geometry_of(graph, op)
    return op_tail(geometry, kernels, scratch_buffers=len(scratch_bytes(geometry, kernels)))


def combine(parts: NetworkParts, kernels: Kernels) -> Tail:
    """The tail of a network, allocation by allocation."""
    structs = structs_of(kernels)
    loaded = loaded_bytes(parts, structs)
    used, prepared = loaded, list[int]()
    for op in parts.ops:
        used += op.channels
        prepared.append(used)
    used += structs.pointer * sum(op.scratch_buffers for op in parts.ops)
    used = _with_endpoints(used, parts.inputs, parts.plain_inputs, structs)
    return Tail(loaded, tuple(prepared), _with_endpoints(used, parts.outputs, parts.plain_outputs, structs))


def _with_endpoints(used: int, count: int, plain: int, structs: Structs) -> int:
    """The tail after the pointers to the network's inputs, or to its outputs, and their `TfLiteTensor`s."""
    used = aligned_after(used, structs.pointer * count, ALIGNMENT)
    return used + plain * structs.tensor + (count - plain) * structs.tensor_while_prepared(1)


def loaded_bytes(parts: NetworkParts, structs: Structs) -> int:
    """The tail once all ops are read and before the first is prepared."""
    used = structs.interpreter + structs.eval_tensor * parts.tensors + structs.node * len(parts.ops)
    for op in parts.ops:
        if op.options:
            used = aligned_after(used, op.options, op.options_alignment)
    for op in parts.ops:
        if op.data:
            used = aligned_after(used, op.data, ALIGNMENT)
    return used


def count_tensors(graph: Graph) -> int:
    """Tensors of the model file: activations, weights and biases."""
    return 1 + sum(1 if op.weight is None else 3 for op in graph.ops)
