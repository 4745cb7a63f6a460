"""The tensors of a .tflite file. Slots are the positions of fields in TensorFlow's schema.fbs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import tflite

from nas.tflite_file.flatbuffer import BadModelFile, Span, Table, damaged
from nas.tflite_file.model import FileTensor, Role

MOST_TENSOR_BYTES = 1 << 28
"""256 MiB in one tensor is no network for a microcontroller, and surely not one for its memory planner."""
MOST_AXES = 8
NAME_LENGTH = 60

_BITS: Mapping[str, int] = {
    "INT4": 4,
    "INT8": 8,
    "UINT8": 8,
    "BOOL": 8,
    "INT16": 16,
    "UINT16": 16,
    "FLOAT16": 16,
    "BFLOAT16": 16,
    "INT32": 32,
    "UINT32": 32,
    "FLOAT32": 32,
    "RESOURCE": 32,
    "INT64": 64,
    "UINT64": 64,
    "FLOAT64": 64,
    "COMPLEX64": 64,
    "COMPLEX128": 128,
}
"""Bits of one element (TensorFlow, lite/core/c/common.h, `TfLiteType`)."""
_TYPE_NAMES: Mapping[int, str] = {
    number: name for name, number in vars(tflite.TensorType).items() if isinstance(number, int)
}


@dataclass(frozen=True, slots=True)
class RawBuffer:
    """Data of the file that tensors name by number; `data` is None where there are none."""

    data: Span | None


def read_buffers(model: Table) -> tuple[RawBuffer, ...]:
    """The data buffers, in their order.

    Raises:
        BadModelFile: one lies outside of the file, or is kept apart from the model as files above 2 GB do.
    """
    buffers: list[RawBuffer] = []
    for table in model.tables(4, "buffer"):
        if table.number(1, "Q", 0) > 1:
            raise BadModelFile(
                f"{table.what} is kept behind the model, as in files above 2 GB, which no "
                "microcontroller loads: convert the model without that"
            )
        data = table.vector(0, 1, f"the data of {table.what}")
        buffers.append(RawBuffer(data if data is not None and data.size_bytes else None))
    return tuple(buffers)


def read_tensors(subgraph: Table, buffers: Sequence[RawBuffer]) -> tuple[FileTensor, ...]:
    """The tensors of a subgraph, in their order.

    Raises:
        BadModelFile: one contradicts itself or the file, is too large, or has a shape known only at run time.
    """
    tensors = tuple(
        _tensor(index, table, buffers) for index, table in enumerate(subgraph.tables(0, "tensor"))
    )
    names = Counter(tensor.name for tensor in tensors)
    named = tuple(
        tensor if tensor.name and names[tensor.name] == 1 else _numbered(tensor) for tensor in tensors
    )
    if len({tensor.name for tensor in named}) == len(named):
        return named
    return tuple(replace(tensor, name=f"#{tensor.index}") for tensor in tensors)


def _numbered(tensor: FileTensor) -> FileTensor:
    return replace(tensor, name=f"{tensor.name} #{tensor.index}".strip())


def _tensor(index: int, table: Table, buffers: Sequence[RawBuffer]) -> FileTensor:
    name = _printable(table.text(3, f"the name of tensor {index}"))
    what = f"tensor {index} ({name})" if name else f"tensor {index}"
    kind = _type(table.number(1, "b", 0), what)
    shape = _shape(table, what)
    size = _size_bytes(shape, kind, what)
    number = table.number(2, "I", 0)
    if number >= len(buffers):
        raise damaged(f"{what} names buffer {number} of {len(buffers)}")
    data = buffers[number].data
    if data is not None and table.table(6, f"the sparsity of {what}") is not None:
        raise BadModelFile(f"{what} is stored sparse, which microcontrollers do not run: convert it dense")
    if data is not None and data.size_bytes != size:
        raise damaged(f"{what} of shape {shape} takes {size:,} bytes and has {data.size_bytes:,}")
    role = Role.CONSTANT if data is not None or size == 0 else Role.ACTIVATION
    if table.number(5, "?", 0):
        role = Role.VARIABLE
    scales, zero_points, axis = _quantization(table, shape, what)
    return FileTensor(index, name, shape, kind, size, role, data, scales, zero_points, axis)


def _type(number: int, what: str) -> str:
    name = _TYPE_NAMES.get(number, f"number {number}")
    if name not in _BITS:
        raise BadModelFile(
            f"{what} has the type {name}, whose size is not known: quantize the whole model to int8"
        )
    return name


def _shape(table: Table, what: str) -> tuple[int, ...]:
    """The shape; a batch that the file leaves open is the one that the shape gives, as runtimes take it."""
    shape = table.int32s(0, f"the shape of {what}")
    if len(shape) > MOST_AXES or min(shape, default=0) < -1:
        raise damaged(f"{what} has the shape {shape[: MOST_AXES + 1]}")
    signature = table.int32s(7, f"the shape signature of {what}")
    if -1 in shape or -1 in signature[1:]:
        raise BadModelFile(
            f"{what} has the dynamic shape {signature or shape}, and memory is planned for fixed ones: "
            "convert the model with a fixed input shape"
        )
    return shape


def _size_bytes(shape: tuple[int, ...], kind: str, what: str) -> int:
    elements = 1
    for extent in shape:
        elements *= extent
    size = -(-elements * _BITS[kind] // 8)
    if size > MOST_TENSOR_BYTES:
        raise BadModelFile(
            f"{what} of shape {shape} takes {size:,} bytes, more than the {MOST_TENSOR_BYTES:,} that are "
            "looked at: it is damaged, or meant for another kind of machine"
        )
    return size


def _quantization(
    table: Table, shape: tuple[int, ...], what: str
) -> tuple[tuple[float, ...], tuple[int, ...], int]:
    found = table.table(4, f"the quantization of {what}")
    if found is None:
        return (), (), 0
    scales = found.floats(2, f"the scales of {what}")
    zero_points = found.int64s(3, f"the zero points of {what}")
    axis = found.number(6, "i", 0)
    if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
        raise damaged(f"{what} of shape {shape} has {len(scales)} scales along axis {axis}")
    if len(zero_points) not in (0, 1, len(scales)):
        raise damaged(f"{what} has {len(scales)} scales and {len(zero_points)} zero points")
    return scales, zero_points, axis


def _printable(name: str) -> str:
    """A name that can be shown anywhere: no control characters, and not longer than a line."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in name[: NAME_LENGTH + 1])
    return kept if len(kept) <= NAME_LENGTH else f"{kept[: NAME_LENGTH - 1]}…"
