"""What one op adds to the arena's tail, and what preparing it takes besides: its options, its kernel's data.

Sizes are those of TFLM's structs (lite/core/c/builtin_op_data.h for options; the `OpData` of
micro/kernels/{conv,fully_connected,add,pooling}.h and of kernels/cmsis_nn/*.cc, whose structs hold a few
fields more), checked as `constraints.arena.tflm_structs` says: the host's are those that the wheel
allocates.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.scratch import weight_sums_bytes
from constraints.arena.tflm_structs import ALIGNMENT, Structs, aligned_after, structs_of
from constraints.geometry import Geometry
from constraints.kernels import KernelLibrary, Kernels
from search_spaces.graph import OpKind, UnsupportedOp


@dataclass(frozen=True, slots=True)
class OpTail:
    """Bytes of one op.

    `options` (aligned to `options_alignment`) and `data` (aligned to 16 where there are any) are allocated
    when the op is read; `channels`, a multiple of 16, when it is prepared, together with `temporary`, which
    is given back. `scratch_buffers` is how many buffers its kernel asks the head for.
    """

    options: int
    options_alignment: int
    data: int
    channels: int
    temporary: int
    scratch_buffers: int = 0


@dataclass(frozen=True, slots=True)
class WeightScales:
    """How many scales the file gives an op's weights and its bias; 0 where there are none."""

    weights: int
    bias: int


def op_tail(
    geometry: Geometry, kernels: Kernels, scales: WeightScales | None = None, scratch_buffers: int = 0
) -> OpTail:
    """What an op adds; without `scales` it is quantized as this project writes files.

    That is per output channel, with biases without parameters of their own, but per tensor, with biases that
    have them, for a fully connected op.

    Raises:
        UnsupportedOp: TFLM's data for such an op is not known.
        ValueError: the kernels' pointers are neither of 4 nor of 8 bytes.
    """
    structs = structs_of(kernels)
    optimized = kernels.library is KernelLibrary.CMSIS_NN
    host = structs.pointer == 8
    match geometry.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            data = (80, 88) if host else (56, 60)
            return _convolution(geometry, structs, scales, data[optimized], scratch_buffers)
        case OpKind.FULLY_CONNECTED:
            return _fully_connected(geometry, kernels, scales, scratch_buffers)
        case OpKind.ADD:
            return OpTail(8, 4, 60, 0, 3 * structs.tensor_while_prepared(1), scratch_buffers)
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            seen = 4 if optimized and geometry.kind is not OpKind.MAX_POOL else 2
            temporary = seen * structs.tensor_while_prepared(1)
            return OpTail(40, 4, (32, 36)[optimized], 0, temporary, scratch_buffers)
        case _:
            raise UnsupportedOp(
                f"op kind {geometry.kind} has data in TFLM that are not known: use another op"
            )


def _convolution(
    geometry: Geometry, structs: Structs, scales: WeightScales | None, data: int, scratch_buffers: int
) -> OpTail:
    """Two int32 a channel stay.

    `ConvPrepare` looks at input, weights and output, and `CalculateOpDataConv` again at these and the bias.
    """
    channels = geometry.output[2]
    given = scales or WeightScales(channels, 0)
    temporary = (
        4 * structs.tensor_while_prepared(1)
        + 2 * structs.tensor_while_prepared(given.weights)
        + structs.tensor_while_prepared(given.bias)
    )
    return OpTail(28, 4, data, 2 * _whole(4 * channels), temporary, scratch_buffers)


def _fully_connected(
    geometry: Geometry, kernels: Kernels, scales: WeightScales | None, scratch_buffers: int
) -> OpTail:
    """Per-channel weights keep two int32 a channel; CMSIS-NN keeps an int32 sum an output on MVE."""
    structs = structs_of(kernels)
    host, optimized = structs.pointer == 8, kernels.library is KernelLibrary.CMSIS_NN
    given = scales or WeightScales(1, 1)
    kept = 2 * _whole(4 * given.weights) if given.weights > 1 else 0
    kept += _whole(weight_sums_bytes(geometry, kernels))
    data = (72, 120) if host else (48, 76)
    seen = (1, given.weights, given.bias, 1)
    temporary = sum(structs.tensor_while_prepared(count) for count in seen)
    # TfLiteFullyConnectedParams ends in a pointer and an int in the wheel.
    return OpTail(32 if host else 24, structs.pointer, data[optimized], kept, temporary, scratch_buffers)


def _whole(size_bytes: int) -> int:
    return aligned_after(0, size_bytes, ALIGNMENT)
