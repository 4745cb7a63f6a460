"""Inputs that two files are compared on, as the bytes that a runtime is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas.tflite_file.model import FileModel, FileTensor

EXTREMES = (-128, 127, 0)
LEAST_INPUTS = 100
"""Fewer random inputs are no proof."""


def samples(model: FileModel, count: int, seed: int = 0) -> NDArray[np.uint8]:
    """`count` random inputs and the three extremes, (count + 3, bytes of all inputs of the model).

    Half of the random ones are noise of all codes, the others noise around a level and a slope of their own:
    pure noise is averaged away by a deep network.
    """
    rng = np.random.default_rng(seed)
    tensors = [model.tensors[number] for number in model.inputs]
    columns = [_bytes_of(tensor, _codes(tensor, count, rng), model) for tensor in tensors]
    return np.concatenate(columns, axis=1)


def _codes(tensor: FileTensor, count: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """One int8 code an element, (count + 3, elements)."""
    elements = tensor.elements
    noise = rng.integers(-128, 128, (count - count // 2, elements), dtype=np.int8)
    level = rng.uniform(-110, 110, (count // 2, 1))
    slope = rng.uniform(-90, 90, (count // 2, 1)) * np.linspace(-1, 1, elements)
    smooth = np.clip(np.round(level + slope + rng.uniform(-40, 40, (count // 2, elements))), -128, 127)
    extremes = np.array([[code] * elements for code in EXTREMES], dtype=np.int8)
    return np.concatenate([noise, smooth.astype(np.int8), extremes])


def _bytes_of(tensor: FileTensor, codes: NDArray[np.int8], model: FileModel) -> NDArray[np.uint8]:
    """The codes as numbers of the tensor's type, in bytes."""
    match tensor.type:
        case "INT8":
            numbers: NDArray[np.generic] = codes
        case "UINT8":
            numbers = (codes.astype(np.int16) + 128).astype(np.uint8)
        case "BOOL":
            numbers = (codes > 0).astype(np.uint8)
        case "FLOAT32":
            numbers = _real_numbers(codes, _made_of(tensor, model))
        case "INT16":
            numbers = codes.astype(np.int16) * 257
        case _:
            return _repeated(codes, tensor)
    return np.ascontiguousarray(numbers).view(np.uint8).reshape(len(codes), -1)


def _made_of(tensor: FileTensor, model: FileModel) -> Sequence[FileTensor]:
    """What operators write that read the tensor."""
    readers = [op for op in model.operators if tensor.index in op.inputs]
    return [model.tensors[number] for op in readers for number in op.outputs]


def _real_numbers(codes: NDArray[np.int8], made: Sequence[FileTensor]) -> NDArray[np.float32]:
    """Floats that are quantized to these codes, where the operator that reads them says how."""
    int8 = [tensor for tensor in made if tensor.type == "INT8" and len(tensor.scales) == 1]
    scale, zero_point = 1 / 32, 0
    if int8:
        scale, zero_point = int8[0].scales[0], (*int8[0].zero_points, 0)[0]
    return ((codes.astype(np.float32) - zero_point) * scale).astype(np.float32)


def _repeated(codes: NDArray[np.int8], tensor: FileTensor) -> NDArray[np.uint8]:
    width = -(-tensor.size_bytes // max(1, tensor.elements))
    return np.repeat(codes.view(np.uint8), width, axis=1)[:, : tensor.size_bytes]
