"""The `Geometry` of an operator of a file, where it is of a kind that costs are known of.

Padding is computed as TensorFlow Lite does (lite/kernels/padding.h, `ComputePaddingHeightWidth`), and every
shape that the file states is checked against the one that follows: kernels trust the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tflite

from constraints.geometry import Geometry
from nas.tflite_file.flatbuffer import Table, damaged
from nas.tflite_file.model import FileTensor, Role
from search_spaces.graph import OpKind, Pair, Shape, same_padding


@dataclass(frozen=True, slots=True)
class RawOperator:
    """What an operator's geometry is read from; `inputs` has None where an input is left out.

    `options` is None where the operator has none of the type `options_type`.
    """

    what: str
    code: str
    options: Table | None
    inputs: Sequence[FileTensor | None]
    outputs: Sequence[FileTensor]

    def int8_activation(self, index: int) -> FileTensor | None:
        """Input `index` where it is an int8 value of one inference."""
        tensor = self.inputs[index] if index < len(self.inputs) else None
        return tensor if tensor is not None and _is_int8_activation(tensor) else None

    def int8_weights(self) -> FileTensor | None:
        """Input 1 where it is constant and int8."""
        tensor = self.inputs[1] if len(self.inputs) > 1 else None
        constant = tensor is not None and tensor.role is Role.CONSTANT and tensor.type == "INT8"
        return tensor if constant else None


@dataclass(frozen=True, slots=True)
class _Window:
    """How a kernel slides; all in (height, width)."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    is_same: bool


def operator_geometry(op: RawOperator) -> Geometry | None:
    """The geometry, or None: another kind of operator, another type than int8, or more than one sample.

    Raises:
        BadModelFile: the operator contradicts its tensors.
    """
    output = op.outputs[0] if len(op.outputs) == 1 else None
    first = op.int8_activation(0)
    if first is None or output is None or not _is_int8_activation(output):
        return None
    geometry = _of_kind(op, first, output)
    activations = [tensor for tensor in op.inputs if tensor is not None and tensor.role is not Role.CONSTANT]
    # Weights or biases that an operator computes take part in the memory plan as no kind of ours has them.
    return geometry if geometry is None or geometry.inputs == len(activations) else None


def _of_kind(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    match op.code:
        case "CONV_2D":
            return _convolution(op, first, output)
        case "DEPTHWISE_CONV_2D":
            return _depthwise(op, first, output)
        case "FULLY_CONNECTED":
            return _fully_connected(op, first, output)
        case "MAX_POOL_2D" | "AVERAGE_POOL_2D":
            return _pool(op, first, output)
        case "ADD":
            return _add(op, first, output)
        case _:
            return None


def _is_int8_activation(tensor: FileTensor) -> bool:
    return tensor.role is Role.ACTIVATION and tensor.type == "INT8"


def _convolution(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    weights = op.int8_weights()
    if weights is None:
        return None
    count, height, width, depth = _four(op, weights)
    channels = _four(op, first)[3]
    if _four(op, output)[3] != count or channels % depth:
        raise damaged(f"{op.what} has weights {weights.shape} between {first.shape} and {output.shape}")
    if channels != depth:
        return None  # a grouped convolution, which a Geometry has no word for
    return _windowed(op, OpKind.CONV, first, output, _window(op, (height, width), dilation_slots=(5, 4)))


def _depthwise(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    weights = op.int8_weights()
    if weights is None:
        return None
    one, height, width, count = _four(op, weights)
    channels = _four(op, first)[3]
    if one != 1 or _four(op, output)[3] != count or count % channels:
        raise damaged(f"{op.what} has weights {weights.shape} between {first.shape} and {output.shape}")
    window = _window(op, (height, width), dilation_slots=(6, 5))
    return _windowed(op, OpKind.DEPTHWISE_CONV, first, output, window)


def _pool(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    options = _options(op)
    kernel = (options.number(4, "i", 0), options.number(3, "i", 0))
    window = _window(op, kernel, dilation_slots=None)
    before, after = _four(op, first), _four(op, output)
    if before[3] != after[3]:
        raise damaged(f"{op.what} makes {output.shape} of {first.shape}, which a pool cannot")
    if op.code == "MAX_POOL_2D":
        return _windowed(op, OpKind.MAX_POOL, first, output, window)
    whole = kernel == before[1:3] and after[1:3] == (1, 1)
    if whole:
        window = _Window(kernel, kernel, (1, 1), window.is_same)
    kind = OpKind.GLOBAL_AVERAGE_POOL if whole else OpKind.AVERAGE_POOL
    return _windowed(op, kind, first, output, window)


def _fully_connected(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    weights = op.int8_weights()
    if weights is None:
        return None
    if len(weights.shape) != 2:
        raise damaged(f"{op.what} has weights {weights.shape}, which must have two axes")
    count, depth = weights.shape
    if first.elements % depth or output.elements != count * (first.elements // depth):
        raise damaged(f"{op.what} has weights {weights.shape} between {first.shape} and {output.shape}")
    if first.elements != depth:
        return None  # several rows at once
    four = len(first.shape) == 4
    shape = (first.shape[1], first.shape[2], first.shape[3]) if four else (1, 1, depth)
    return Geometry(OpKind.FULLY_CONNECTED, shape, (1, 1, count))


def _add(op: RawOperator, first: FileTensor, output: FileTensor) -> Geometry | None:
    second = op.int8_activation(1)
    if second is None or not first.shape == second.shape == output.shape:
        return None  # a constant or a broadcast
    shape = _sample(first)
    return None if shape is None else Geometry(OpKind.ADD, shape, shape, inputs=2)


def _windowed(
    op: RawOperator, kind: OpKind, first: FileTensor, output: FileTensor, window: _Window
) -> Geometry | None:
    before, after = _four(op, first), _four(op, output)
    sizes = [_slide(op, before[1 + axis], window, axis) for axis in (0, 1)]
    if before[0] != after[0] or after[1:3] != (sizes[0][0], sizes[1][0]):
        raise damaged(
            f"{op.what} makes {output.shape} of {first.shape}, but its window makes {sizes[0][0]} x "
            f"{sizes[1][0]} of each map"
        )
    if before[0] != 1:
        return None
    padding = (sizes[0][1], sizes[1][1])
    return Geometry(
        kind, before[1:], after[1:], window.kernel, window.stride, padding, window.dilation, inputs=1
    )


def _slide(op: RawOperator, size: int, window: _Window, axis: int) -> Pair:
    """Positions of the window along an axis, and the zeros before the first of them."""
    reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
    stride = window.stride[axis]
    if window.is_same:
        return -(-size // stride), same_padding(size, reach, stride)[0]
    if reach > size:
        raise damaged(f"{op.what} slides a window of {reach} without padding over {size}")
    return (size - reach) // stride + 1, 0


def _window(op: RawOperator, kernel: Pair, dilation_slots: Pair | None) -> _Window:
    options = _options(op)
    padding = options.number(0, "b", 0)
    stride = (options.number(2, "i", 0), options.number(1, "i", 0))
    dilation = (1, 1)
    if dilation_slots is not None:
        dilation = (options.number(dilation_slots[0], "i", 1), options.number(dilation_slots[1], "i", 1))
    if padding not in (tflite.Padding.SAME, tflite.Padding.VALID) or min(*kernel, *stride, *dilation) < 1:
        raise damaged(
            f"{op.what} has the window {kernel}, stride {stride}, dilation {dilation} and padding {padding}"
        )
    return _Window(kernel, stride, dilation, padding == tflite.Padding.SAME)


def _options(op: RawOperator) -> Table:
    if op.options is None:
        raise damaged(f"{op.what} has no options, which hold its stride and its padding")
    return op.options


def _four(op: RawOperator, tensor: FileTensor) -> tuple[int, int, int, int]:
    if len(tensor.shape) != 4 or min(tensor.shape) < 1:
        raise damaged(f"{op.what} takes tensors with four axes, {tensor.name} has the shape {tensor.shape}")
    batch, height, width, channels = tensor.shape
    return batch, height, width, channels


def _sample(tensor: FileTensor) -> Shape | None:
    """The shape as (height, width, channels), missing axes being 1; None for several samples or more axes."""
    if not tensor.shape or tensor.shape[0] != 1 or len(tensor.shape) > 4:
        return None
    rest = tensor.shape[1:]
    height, width, channels = (*(1,) * (3 - len(rest)), *rest)
    return height, width, channels
