"""Scratch memory that the kernels of an op ask for: it lies in the arena's head while the op runs.

The reference kernels of TensorFlow Lite Micro ask for none for the ops of a `Graph`. CMSIS-NN's are asked
how much they need when TFLM prepares an op (tflite-micro, kernels/cmsis_nn/{conv,depthwise_conv,pooling}.cc,
`Prepare`), and answer by the functions named below (ARM-software/CMSIS-NN, Source/, as of spring 2026), as a
GCC build has them. Arm's own compiler differs in two places: a 1 x 1 convolution asks for 4 bytes an input
channel on a core with DSP, and a depthwise convolution of one channel is only rewritten above 8 outputs.

What a fully connected op asks for holds sums of its constant weights; TFLM keeps them with the model, in the
tail (kernels/cmsis_nn/fully_connected.cc, `kernel_sums`), so they are a function of their own here.
"""

from __future__ import annotations

from constraints.geometry import Geometry
from constraints.kernels import Instructions, KernelLibrary, Kernels
from search_spaces.graph import OpKind

CHANNEL_BLOCK = 124
"""Channels of a depthwise convolution at a time on MVE (arm_nnsupportfunctions.h, `CH_IN_BLOCK_MVE`)."""


def scratch_bytes(geometry: Geometry, kernels: Kernels) -> tuple[int, ...]:
    """Bytes of each scratch buffer, not aligned.

    Kernels that are neither the reference nor CMSIS-NN's may ask for more: nothing is known of them, and
    none is counted.
    """
    if kernels.library is not KernelLibrary.CMSIS_NN:
        return ()
    size = _asked_bytes(geometry, kernels.instructions)
    return (size,) if size else ()


def weight_sums_bytes(geometry: Geometry, kernels: Kernels) -> int:
    """Bytes of what a fully connected op keeps beside its weights: an int32 an output on MVE.

    Source: FullyConnectedFunctions/arm_fully_connected_get_buffer_sizes_s8.c.
    """
    asks = kernels.library is KernelLibrary.CMSIS_NN and kernels.instructions is Instructions.MVE
    return 4 * geometry.output[2] if asks and geometry.kind is OpKind.FULLY_CONNECTED else 0


def _asked_bytes(geometry: Geometry, instructions: Instructions) -> int:
    match geometry.kind:
        case OpKind.CONV:
            return _convolution_bytes(geometry, instructions)
        case OpKind.DEPTHWISE_CONV:
            return _depthwise_bytes(geometry, instructions)
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _average_pool_bytes(geometry, instructions)
        case _:
            return 0


def _convolution_bytes(geometry: Geometry, instructions: Instructions) -> int:
    """ConvolutionFunctions/arm_convolve_get_buffer_sizes_s8.c, `arm_convolve_wrapper_s8_get_buffer_size`."""
    if geometry.kernel == (1, 1) and geometry.padding == (0, 0) and geometry.dilation == (1, 1):
        return 0
    if instructions is not Instructions.MVE:
        # Two columns of im2col, widened to int16; a column is filled up to a multiple of 4.
        return 2 * 2 * _up(_column_bytes(geometry), 4)
    if _is_one_row(geometry):
        return _one_row_bytes(geometry)
    return _mve_columns_bytes(geometry)


def _mve_columns_bytes(geometry: Geometry) -> int:
    """`arm_convolve_s8_get_buffer_size_mve`: four columns of im2col, filled up to whole 16-byte registers."""
    return 4 * _up(_column_bytes(geometry), 16)


def _is_one_row(geometry: Geometry) -> bool:
    """`arm_nn_is_convolve_1_x_n` (arm_nnsupportfunctions.h): the op convolves along one axis alone."""
    return (
        geometry.input[0] == 1
        and geometry.kernel[0] == 1
        and geometry.dilation[1] == 1
        and geometry.stride[1] * geometry.input[2] % 4 == 0
    )


def _one_row_bytes(geometry: Geometry) -> int:
    """`arm_convolve_1_x_n_s8_get_buffer_size_mve`: a window that reaches over the left or the right end."""
    channels, kernel, stride = geometry.input[2], geometry.kernel[1], geometry.stride[1]
    left, positions = geometry.padding[1], geometry.output[1]
    total = (positions - 1) * stride + kernel - geometry.input[1]
    # C's remainder has the sign of the dividend, and is not 0 for an odd negative one.
    odd = total % 2 if total >= 0 else -(-total % 2)
    right = left + odd
    right_positions = max(1, _c_quotient(right + stride - 1, stride)) if right else 0
    left_positions = max(1, -(-left // stride)) if left else 0
    if max(positions - right_positions - left_positions, 0) + right_positions + left_positions != positions:
        return _mve_columns_bytes(geometry)
    beyond = right_positions * channels if odd else left * channels
    return max((kernel + left) * channels, (kernel - 1) * channels + beyond)


def _depthwise_bytes(geometry: Geometry, instructions: Instructions) -> int:
    """ConvolutionFunctions/arm_depthwise_conv_get_buffer_sizes_s8.c, the function for the wrapper."""
    channels, area = geometry.input[2], geometry.kernel[0] * geometry.kernel[1]
    mve = instructions is Instructions.MVE
    if mve and channels == 1 and geometry.output[2] > 1:
        # Run as a convolution, beside a copy of the weights in its order.
        return area * geometry.output[2] + _convolution_bytes(geometry, instructions)
    if instructions is Instructions.SCALAR or channels != geometry.output[2] or geometry.dilation != (1, 1):
        return 0
    if mve:
        return 4 * CHANNEL_BLOCK * area
    if geometry.kernel == (3, 3) and max(geometry.padding) <= 1:
        return 0
    return 2 * channels * area


def _average_pool_bytes(geometry: Geometry, instructions: Instructions) -> int:
    """PoolingFunctions/arm_avgpool_get_buffer_sizes_s8.c, `arm_avgpool_s8_get_buffer_size`: int32 sums."""
    return 4 * geometry.input[2] if instructions is Instructions.DSP else 0


def _column_bytes(geometry: Geometry) -> int:
    """The part of the input that one output position reads."""
    return geometry.kernel[0] * geometry.kernel[1] * geometry.input[2]


def _up(size_bytes: int, multiple: int) -> int:
    return -(-size_bytes // multiple) * multiple


def _c_quotient(dividend: int, divisor: int) -> int:
    """Division as C does it: towards zero."""
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)
