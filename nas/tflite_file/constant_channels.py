"""Operators of a model file without the channels that are constant.

A convolution's output channel whose weights are all zero holds its bias whatever the input is. Some compilers
leave such channels out, fold them into the next bias, and compute less
(`LatencyModel.drops_constant_channels`). Followed through depthwise convolutions; other operators are taken
to use all channels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from constraints.geometry import Geometry
from nas.tflite_file.model import FileModel, FileOperator
from search_spaces.graph import OpKind, Shape

Mask = NDArray[np.bool_]


def live_geometries(model: FileModel, data: bytes) -> tuple[Geometry | None, ...]:
    """The geometry of each operator with its constant channels left out; `data` is the file's bytes."""
    constant: dict[int, Mask] = {}
    return tuple(_live(model, data, op, constant) for op in model.operators)


def _live(model: FileModel, data: bytes, op: FileOperator, constant: dict[int, Mask]) -> Geometry | None:
    geometry = op.geometry
    if geometry is None or geometry.kind not in (OpKind.CONV, OpKind.DEPTHWISE_CONV):
        return geometry
    nothing = np.zeros(geometry.input[2], dtype=np.bool_)
    read = constant.get(op.inputs[0], nothing)
    if geometry.kind is OpKind.CONV:
        written = _zero_channels(model, data, op)
    else:
        written = np.repeat(read, geometry.output[2] // geometry.input[2])
    constant[op.outputs[0]] = written
    return replace(geometry, input=_without(geometry.input, read), output=_without(geometry.output, written))


def _zero_channels(model: FileModel, data: bytes, op: FileOperator) -> Mask:
    """Which output channels of a convolution have no weight other than zero."""
    weights = model.tensors[op.inputs[1]]
    is_symmetric = len(weights.zero_points) > 0 and not any(weights.zero_points)
    if weights.data is None or weights.type != "INT8" or not is_symmetric:
        return np.zeros(weights.shape[0], dtype=np.bool_)
    codes = np.frombuffer(data[weights.data.start : weights.data.end], dtype=np.int8)
    return np.all(codes.reshape(weights.shape[0], -1) == 0, axis=1)


def _without(shape: Shape, mask: Mask) -> Shape:
    return shape[0], shape[1], int((~mask).sum())
