"""What ops that no `Graph` of ours has add to the arena's tail: those that int8 files of others often hold.

Sizes are of TFLM's option structs (lite/core/c/builtin_op_data.h) and of the kernels' data: the host's as
the wheel allocates them, those for 4-byte pointers by the same fields without the wheel's compression. The
host's were checked against the arena that the wheel records for a file of each single op. CMSIS-NN's kernels
of these ops hold as much, in steps of 16 bytes (its softmax 8 bytes more: kernels/cmsis_nn/softmax.cc).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tflm_structs import structs_of
from constraints.kernels import Kernels


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Bytes of an op's options and their alignment, and of its kernel's data with either kind of pointer."""

    options: int = 0
    alignment: int = 4
    host_data: int = 0
    device_data: int = 0
    scratch_buffers: int = 0


_NOTHING = _Sizes()
_ACTIVATION = _Sizes(host_data=16, device_data=16)
_RESIZE = _Sizes(2, alignment=1)
_PAD = _Sizes(host_data=56, device_data=56)
_REDUCE = _Sizes(1, alignment=1, host_data=44, device_data=44, scratch_buffers=3)
_GREATEST = replace(_REDUCE, scratch_buffers=2)
_TWO_NUMBERS = _Sizes(8)
_SHAPE_LIST = _Sizes(36)  # 8 extents and how many there are
_FOREIGN = {
    "ADD": _Sizes(8, host_data=60, device_data=60),  # of a constant, or broadcast
    "CONCATENATION": _Sizes(8, host_data=80, device_data=24),  # the host's holds 10 scratch indices
    "DEQUANTIZE": _Sizes(host_data=32, device_data=32),
    "EXPAND_DIMS": _NOTHING,
    "HARD_SWISH": _Sizes(host_data=20, device_data=20),
    "LEAKY_RELU": _Sizes(4, host_data=24, device_data=24),
    "LOGISTIC": _ACTIVATION,
    "MAXIMUM": _NOTHING,
    "MEAN": _REDUCE,
    "MINIMUM": _NOTHING,
    "MUL": _Sizes(4, host_data=36, device_data=36),
    "PACK": _TWO_NUMBERS,
    "PAD": _PAD,
    "PADV2": _PAD,
    "QUANTIZE": _Sizes(host_data=32, device_data=32),
    "REDUCE_MAX": _GREATEST,
    "RELU": _Sizes(host_data=28, device_data=28),
    "RELU6": _Sizes(host_data=8, device_data=8),
    "RESHAPE": _SHAPE_LIST,
    "RESIZE_BILINEAR": _RESIZE,
    "RESIZE_NEAREST_NEIGHBOR": _RESIZE,
    "SOFTMAX": _Sizes(4, host_data=80, device_data=56),  # a double, 7 words and 5 pointers
    "SPLIT": _Sizes(4),
    "SQUEEZE": _SHAPE_LIST,
    "STRIDED_SLICE": _Sizes(24, host_data=84, device_data=84),
    "SUB": _Sizes(8, host_data=52, device_data=52),
    "SUM": _REDUCE,
    "TANH": _ACTIVATION,
    "TRANSPOSE": _NOTHING,
    "UNPACK": _TWO_NUMBERS,
}


def foreign_op_tail(code: str, tensors: int, kernels: Kernels) -> OpTail | None:
    """What an op named as in TFLite's schema adds; `tensors` counts its inputs and outputs.

    None where it is not known. How much preparing takes is bounded by looking at every tensor twice.

    Raises:
        ValueError: the kernels' pointers are neither of 4 nor of 8 bytes.
    """
    sizes, structs = _FOREIGN.get(code), structs_of(kernels)
    if sizes is None:
        return None
    data = sizes.host_data if structs.pointer == 8 else sizes.device_data
    temporary = 2 * tensors * structs.tensor_while_prepared(1)
    return OpTail(sizes.options, sizes.alignment, data, 0, temporary, sizes.scratch_buffers)


def foreign_scratch_bytes(code: str, output_elements: int, input_axes: int = 4) -> tuple[int, ...]:
    """Scratch buffers of such an op for int8; none for most, and for one that is not known.

    A mean or a sum asks for an int32 an output element, an index an axis of the input, and the axes that it
    reduces, a maximum for the last two; of the last, up to 4 are provided for, which take 16 bytes as one
    does (micro/kernels/reduce_common.cc, of every library).
    """
    sizes = _FOREIGN.get(code)
    if sizes is None or not sizes.scratch_buffers:
        return ()
    axes = (4 * input_axes, 16)
    return axes if sizes.scratch_buffers == len(axes) else (4 * output_elements, *axes)
