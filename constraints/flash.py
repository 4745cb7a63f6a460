"""Bytes of the model file, predicted from the graph alone: a sum over its ops.

Every op brings bytes of its own and pieces that the whole file shares, each counted once: shapes, the zero
points of so many channels, options, operator codes, vtables. `nas/export/tflite.py` lays the file out so that
the padding of a piece never depends on what lies before it: change both together. Sizes follow from
FlatBuffers' wire format (flatbuffers.dev, "FlatBuffer Internals"): a vector is a 4-byte length and its data,
aligned; a table is a 4-byte pointer to its vtable and its fields; a vtable is 4 bytes and 2 for every field
up to the last one that is present, and equal vtables are written once. Exact where every tensor after a ReLU
has the zero point -128, as it is calibrated; 16 bytes more for every other value of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from constraints.flatbuffer_tables import (
    ACTIVATION,
    BIAS,
    BUFFER,
    CONV_OPTIONS,
    DEPTHWISE_OPTIONS,
    EMPTY_BUFFER,
    FUSED_OPTIONS,
    METADATA,
    MODEL,
    OPERATOR,
    OPERATOR_CODE,
    PLANNED_MODEL,
    POOL_OPTIONS,
    QUANTIZATION,
    QUANTIZATION_OF_DEPTHWISE,
    SUBGRAPH,
    WEIGHTS,
    Table,
)
from search_spaces.graph import Activation, Graph, Op, OpKind, Shape, UnsupportedOp

FILE_ALIGNMENT = 16
"""Of weights and biases: `force_align: 16` of `Buffer.data` in TensorFlow's schema.fbs."""
WORD = 4
"""Bytes of a length, a pointer, an int32 or a float32."""
ROOT_BYTES = 2 * WORD
"""The pointer to the root table and the file identifier `TFL3`."""
DATA_OVERHEAD = WORD + BUFFER.size_bytes
"""What lies between two data vectors: a length and a table."""
SCALE_BYTES = 2 * WORD
ZERO_POINT_BYTES = WORD + 8
ZERO_POINTS_PADDING = 4
"""Before the vectors of int64, and once more behind the input's."""
PLAN_NAME_BYTES = WORD + 24
"""`OfflineMemoryAllocation` and the zero behind it."""
PLAN_HEADER = 3
"""Version, subgraph, number of tensors."""


@dataclass(frozen=True, slots=True)
class FlashParts:
    """Where a file's bytes go; `structure` is all that is not one of the others, padding included."""

    weights: int = 0
    biases: int = 0
    quantization: int = 0
    structure: int = 0

    @property
    def total(self) -> int:
        """Bytes of the file."""
        return self.weights + self.biases + self.quantization + self.structure

    def __add__(self, other: FlashParts) -> FlashParts:
        return FlashParts(
            self.weights + other.weights,
            self.biases + other.biases,
            self.quantization + other.quantization,
            self.structure + other.structure,
        )


@dataclass(frozen=True, slots=True)
class SharedPiece:
    """Bytes that a file holds once, however many ops refer to them; pieces of one `key` are equal."""

    key: tuple[object, ...]
    parts: FlashParts


@dataclass(frozen=True, slots=True)
class OpFlash:
    """What one op brings into the file: bytes of its own, tensors, and pieces shared with others."""

    own: FlashParts
    tensors: int
    shared: tuple[SharedPiece, ...]


def flash_bytes(graph: Graph, *, plan_in_file: bool = False) -> int:
    """Bytes of the .tflite file of `graph`, with the arena's plan or without it.

    Raises:
        UnsupportedOp: as `flash_parts` does.
    """
    return flash_parts(graph, plan_in_file=plan_in_file).total


def flash_parts(graph: Graph, *, plan_in_file: bool = False) -> FlashParts:
    """The file of `graph` by part.

    Raises:
        UnsupportedOp: an op has no .tflite operator.
    """
    ops = [op_flash(op, graph.output_of(op).shape) for op in graph.ops]
    frame = frame_flash(graph.input.shape, plan_in_file=plan_in_file)
    pieces = {piece.key: piece for part in (frame, *ops) for piece in part.shared}
    parts = sum((part.own for part in (frame, *ops)), FlashParts())
    parts = sum((piece.parts for piece in pieces.values()), parts)
    if plan_in_file:
        parts += FlashParts(structure=plan_bytes(sum(part.tensors for part in (frame, *ops))))
    return parts + FlashParts(structure=file_bytes(parts.total) - parts.total)


def file_bytes(pieces_bytes: int) -> int:
    """Bytes of a file whose pieces have been added up."""
    return _up(pieces_bytes + ROOT_BYTES, FILE_ALIGNMENT)


def plan_bytes(tensors: int) -> int:
    """Bytes of the arena's plan for all tensors of a file: one int32 each."""
    return _data(WORD * (PLAN_HEADER + tensors))


def frame_flash(input_shape: Shape, *, plan_in_file: bool = False) -> OpFlash:
    """What a file holds beside its ops: its input, its lists and its root."""
    model = PLANNED_MODEL if plan_in_file else MODEL
    tables = (EMPTY_BUFFER, QUANTIZATION, ACTIVATION, SUBGRAPH, model)
    quantization = 2 * ZERO_POINT_BYTES + SCALE_BYTES + QUANTIZATION.size_bytes  # one is that of all ReLUs
    structure = sum(table.size_bytes for table in tables if table is not QUANTIZATION)
    structure += 2 * ZERO_POINTS_PADDING + 2 * WORD  # and the input's number as a vector
    structure += (WORD + WORD) + 2 * (WORD + WORD) + 2 * WORD  # subgraphs, tensors, buffers, operators, codes
    if plan_in_file:
        tables = (*tables, METADATA, BUFFER)
        structure += PLAN_NAME_BYTES + METADATA.size_bytes + (WORD + WORD) + WORD
    shared = (*map(_vtable, tables), _shape((1, *input_shape)))
    return OpFlash(FlashParts(quantization=quantization, structure=structure), 1, shared)


def op_flash(op: Op, output: Shape) -> OpFlash:
    """What one op brings into the file, its weights and its output tensor included.

    Raises:
        UnsupportedOp: it has no .tflite operator.
    """
    reads = len(op.inputs) if op.weight is None else len(op.inputs) + 2
    structure = OPERATOR.size_bytes + WORD + 2 * WORD  # its pointer, and its output's number as a vector
    structure += WORD + WORD * reads if reads > 1 else 0  # alone, it is the vector of the op that wrote it
    structure += ACTIVATION.size_bytes + WORD
    own = FlashParts(quantization=_output_quantization(op), structure=structure)
    flat = op.kind is OpKind.FULLY_CONNECTED
    written = _shape((1, output[2]) if flat else (1, *output))
    shared = (written, *_operator_pieces(op), _vtable(OPERATOR))
    if op.weight is None:
        return OpFlash(own, 1, shared)
    data, pieces = _weighted(op, op.weight.shape)
    return OpFlash(own + data, 3, (*shared, *pieces))


def _output_quantization(op: Op) -> int:
    """A pool's output shares its input's; the zero point after a ReLU is shared by all."""
    if _is_pool(op):
        return 0
    of_its_own = SCALE_BYTES + QUANTIZATION.size_bytes
    return of_its_own if op.activation is Activation.RELU else of_its_own + ZERO_POINT_BYTES


def _operator_pieces(op: Op) -> Iterable[SharedPiece]:
    """Options and operator code, with the vtables of both."""
    options = _options(op)
    key = ("options", op.kind, op.kernel if _is_pool(op) else None, op.stride, op.activation)
    kind = OpKind.AVERAGE_POOL if op.kind is OpKind.GLOBAL_AVERAGE_POOL else op.kind
    yield SharedPiece(key, FlashParts(structure=options.size_bytes))
    yield SharedPiece(("code", kind), FlashParts(structure=OPERATOR_CODE.size_bytes + WORD))
    yield from map(_vtable, (options, OPERATOR_CODE))


def _weighted(op: Op, shape: tuple[int, ...]) -> tuple[FlashParts, tuple[SharedPiece, ...]]:
    """Weights and biases: their data, quantization, tensors and shapes."""
    weights, biases = _product(shape), WORD * shape[0]
    connected, depthwise = op.kind is OpKind.FULLY_CONNECTED, op.kind is OpKind.DEPTHWISE_CONV
    scales = 1 if connected else shape[0]
    table = QUANTIZATION_OF_DEPTHWISE if depthwise else QUANTIZATION
    bias = WEIGHTS if connected else BIAS
    quantization = WORD + WORD * scales + table.size_bytes
    quantization += SCALE_BYTES + QUANTIZATION.size_bytes if connected else 0
    structure = _data(weights) - weights + _data(biases) - biases
    structure += WEIGHTS.size_bytes + bias.size_bytes + 4 * WORD  # in the lists of tensors and of buffers
    shared = [_zeros(scales), _shape(_file_shape(shape, depthwise=depthwise))]
    if connected:
        shared.append(_shape(shape[:1]))
    shared.extend(map(_vtable, (table, BUFFER, WEIGHTS, bias)))
    return FlashParts(weights, biases, quantization, structure), tuple(shared)


def _zeros(count: int) -> SharedPiece:
    """Zero points of so many channels, and before them the vector (count,), the shape of their biases."""
    return SharedPiece(("zeros", count), FlashParts(quantization=WORD + 8 * count, structure=WORD))


def _shape(extents: tuple[int, ...]) -> SharedPiece:
    return SharedPiece(("shape", extents), FlashParts(structure=WORD + WORD * len(extents)))


def _vtable(table: Table) -> SharedPiece:
    return SharedPiece(("vtable", table.vtable), FlashParts(structure=_up(table.vtable_bytes, WORD)))


def _file_shape(shape: tuple[int, ...], *, depthwise: bool) -> tuple[int, ...]:
    """A weight's shape as TensorFlow Lite orders it."""
    if len(shape) == 2:
        return shape
    out, inner, height, width = shape
    return (inner, height, width, out) if depthwise else (out, height, width, inner)


def _options(op: Op) -> Table:
    match op.kind:
        case OpKind.CONV:
            return CONV_OPTIONS
        case OpKind.DEPTHWISE_CONV:
            return DEPTHWISE_OPTIONS
        case OpKind.FULLY_CONNECTED | OpKind.ADD:
            return FUSED_OPTIONS
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return POOL_OPTIONS
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, which has no .tflite operator here")


def _is_pool(op: Op) -> bool:
    return op.kind in (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def _data(size_bytes: int) -> int:
    """A data vector with what lies between it and the one before it."""
    return _up(size_bytes + DATA_OVERHEAD, FILE_ALIGNMENT)


def _product(extents: Iterable[int]) -> int:
    product = 1
    for extent in extents:
        product *= extent
    return product


def _up(size_bytes: int, alignment: int) -> int:
    return -(-size_bytes // alignment) * alignment
