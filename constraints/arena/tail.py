"""What TensorFlow Lite Micro keeps in the arena for as long as the network is loaded: the arena's tail.

The steps are those of `MicroInterpreter::AllocateTensors` on a 64-bit host, in their order, because each
allocation is aligned where it falls. Struct sizes are those of TFLM's headers for 64-bit pointers;
`INTERPRETER_BYTES` and the kernels' own data were read off the allocations that tflite-micro 0.dev20261023
records. On 75 random networks of three spaces the sum equalled the recorded tail to the byte. A 32-bit
microcontroller has pointers of half the size and needs less: for it this is an upper bound.
"""

from __future__ import annotations

from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp

INTERPRETER_BYTES = 504
"""The recording allocator, the planner, and the subgraph's own struct."""
EVAL_TENSOR_BYTES = 24
"""`TfLiteEvalTensor`: data, dims, type."""
NODE_BYTES = 64
"""`NodeAndRegistration`, one an op."""
POINTER_ARRAY_BYTES = 16
"""The array of the network's inputs (and that of its outputs): one pointer, aligned to 16."""
TENSOR_BYTES = 64
"""`TfLiteTensor`, kept for the input and the output alone."""
QUANTIZATION_BYTES = 24 + 8
"""`TfLiteAffineQuantization` and its one zero point, of the same two."""
ENDPOINT_BYTES = POINTER_ARRAY_BYTES + TENSOR_BYTES + QUANTIZATION_BYTES


def tail_bytes(graph: Graph) -> int:
    """Bytes of the tail once the network is ready to run.

    Raises:
        UnsupportedOp: TFLM's data for one of the ops is not known.
    """
    return persistent_bytes_by_op(graph)[-1] + 2 * ENDPOINT_BYTES


def persistent_bytes_by_op(graph: Graph) -> list[int]:
    """Bytes of the tail after each op has been prepared, without what the input and the output add."""
    tensors = count_tensors(graph)
    used = INTERPRETER_BYTES + EVAL_TENSOR_BYTES * tensors + NODE_BYTES * len(graph.ops)
    used += sum(_parameter_bytes(op) for op in graph.ops)
    for op in graph.ops:
        used = _up(used + _kernel_bytes(op))
    after: list[int] = []
    for op in graph.ops:
        # One int32 multiplier and one int32 shift a channel.
        used += 2 * _up(4 * per_channel_scales(op))
        after.append(used)
    return after


def count_tensors(graph: Graph) -> int:
    """Tensors of the model file: activations, weights and biases."""
    return 1 + sum(1 if op.weight is None else 3 for op in graph.ops)


def per_channel_scales(op: Op) -> int:
    """Output channels of a convolution, each of which has a weight scale; 0 for other ops."""
    if op.weight is None or op.kind is OpKind.FULLY_CONNECTED:
        return 0
    return op.weight.shape[0]


def _up(size_bytes: int) -> int:
    return -(-size_bytes // 16) * 16


def _parameter_bytes(op: Op) -> int:
    """TFLM's struct for an op's options (lite/core/c/builtin_op_data.h)."""
    match op.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            return 28
        case OpKind.FULLY_CONNECTED:
            return 16
        case OpKind.ADD:
            return 8
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return 40
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, whose options in TFLM are not known")


def _kernel_bytes(op: Op) -> int:
    """`OpData` of the reference kernel, as the wheel records it."""
    match op.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            return 80
        case OpKind.FULLY_CONNECTED:
            return 72
        case OpKind.ADD:
            return 60
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return 32
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, whose kernel data in TFLM are not known")
