"""Bytes of the model file, predicted from the graph alone.

The file is a FlatBuffer, and this walks its pieces in the order in which `nas/export/tflite.py` writes them,
from the end of the file to its start, adding up sizes: change both together. Sizes follow from FlatBuffers'
wire format (flatbuffers.dev, "FlatBuffer Internals"): a vector is a 4-byte length and its data, aligned; a
table is a 4-byte pointer to its vtable and its fields; a vtable is 4 bytes and 2 for every field up to the
last one that is present, and equal vtables are written once. Exact where every tensor after a ReLU has one
zero point (-128 as it is calibrated); 16 bytes more for every other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from search_spaces.graph import Activation, Graph, Op, OpKind, UnsupportedOp

FILE_ALIGNMENT = 16
"""Of weights and biases: `force_align: 16` of `Buffer.data` in TensorFlow's schema.fbs."""
ROOT_BYTES = 8
"""The pointer to the root table and the file identifier `TFL3`."""

Vtable = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """The bytes of a table and what tells its vtable from another: its size and the places of its fields."""

    size_bytes: int
    vtable: Vtable


def _table(flags: Sequence[int], words: Sequence[int]) -> _Table:
    """A table whose slots `flags` hold one byte each and `words` four, in the order of writing."""
    ends: dict[int, int] = {}
    for slot in flags:
        ends[slot] = len(ends) + 1
    size = 4 if flags else 0
    for slot in words:
        size += 4
        ends[slot] = size
    size += 4
    places = (size - ends[slot] if slot in ends else 0 for slot in range(max(ends, default=-1) + 1))
    return _Table(size, (size, *places))


# Slots are the positions of fields in TensorFlow's schema.fbs.
_EMPTY_BUFFER = _table((), ())
_BUFFER = _table((), (0,))
_QUANTIZATION = _table((), (3, 2))
_QUANTIZATION_OF_DEPTHWISE = _table((), (6, 3, 2))
_WEIGHTS = _table((1,), (4, 2, 0))
_BIAS = _table((1,), (2, 0))
_ACTIVATION = _table((1,), (4, 0))
_OPERATOR = _table((3,), (4, 2, 1, 0))
_OPERATOR_CODE = _table((0,), (3, 2))
_SUBGRAPH = _table((), (3, 2, 1, 0))
_MODEL = _table((), (4, 2, 1, 0))
_CONV_OPTIONS = _table((3, 0), (2, 1))
_DEPTHWISE_OPTIONS = _table((4, 0), (3, 2, 1))
_FUSED_OPTIONS = _table((0,), ())
_POOL_OPTIONS = _table((5, 0), (4, 3, 2, 1))


@dataclass(slots=True)
class _File:
    """The size so far, and which pieces that can be shared are there already."""

    size: int = 0
    tensors: int = 0
    vtables: set[Vtable] = field(default_factory=set[Vtable])
    integers: set[tuple[int, ...]] = field(default_factory=set[tuple[int, ...]])
    zeros: set[int] = field(default_factory=set[int])
    options: set[object] = field(default_factory=set[object])
    relu_zero_point: bool = False

    def vector(self, data_bytes: int, alignment: int = 4) -> None:
        """A vector whose data end at a multiple of `alignment`, counted from the file's end."""
        self.size = -(-(self.size + data_bytes) // alignment) * alignment + 4

    def table(self, table: _Table) -> None:
        """A table, and its vtable where it is the first of its kind."""
        self.size = -(-self.size // 4) * 4 + table.size_bytes
        if table.vtable not in self.vtables:
            self.vtables.add(table.vtable)
            self.size += 2 + 2 * len(table.vtable)

    def shared_integers(self, values: tuple[int, ...]) -> None:
        """A vector of int32."""
        if values not in self.integers:
            self.integers.add(values)
            self.vector(4 * len(values))

    def shared_zeros(self, count: int) -> None:
        """A vector of int64 zero points."""
        if count not in self.zeros:
            self.zeros.add(count)
            self.vector(8 * count, 8)

    def buffer(self, data_bytes: int) -> None:
        """Weights or biases, and the table that points to them."""
        self.vector(data_bytes, FILE_ALIGNMENT)
        self.table(_BUFFER)

    def tensor(self, shape: tuple[int, ...], table: _Table) -> int:
        """A tensor; its number is returned."""
        self.shared_integers(shape)
        self.table(table)
        self.tensors += 1
        return self.tensors - 1


def flash_bytes(graph: Graph) -> int:
    """Bytes of the .tflite file of `graph`, its ops in the order given.

    Raises:
        UnsupportedOp: an op has no .tflite operator.
    """
    file = _File()
    file.table(_EMPTY_BUFFER)
    weighted = [op for op in graph.ops if op.weight is not None]
    for op in weighted:
        _add_buffers(file, op)
    numbers = {graph.input.name: _add_activation(file, graph, graph.input.name, None)}
    for op in graph.ops:
        inputs = [numbers[name] for name in op.inputs]
        if op.weight is not None:
            inputs.extend(_add_weights(file, op))
        numbers[op.output] = _add_activation(file, graph, op.output, op)
        _add_operator(file, op, (*inputs,), numbers[op.output])
    _add_model(file, graph, 2 * len(weighted) + 1, numbers)
    return -(-(file.size + ROOT_BYTES) // FILE_ALIGNMENT) * FILE_ALIGNMENT


def _add_buffers(file: _File, op: Op) -> None:
    if op.weight is not None:
        file.buffer(op.weight.count)
        file.buffer(4 * op.weight.shape[0])


def _add_weights(file: _File, op: Op) -> tuple[int, int]:
    """The weights, quantized per channel or per tensor, and the biases; their numbers."""
    if op.weight is None:
        raise UnsupportedOp(f"op {op.name} is a {op.kind} without weights")
    connected = op.kind is OpKind.FULLY_CONNECTED
    depthwise = op.kind is OpKind.DEPTHWISE_CONV
    scales = 1 if connected else op.weight.shape[0]
    file.shared_zeros(scales)
    file.vector(4 * scales)
    file.table(_QUANTIZATION_OF_DEPTHWISE if depthwise else _QUANTIZATION)
    weights = file.tensor(_weights_shape(op.weight.shape, depthwise=depthwise), _WEIGHTS)
    if connected:
        file.vector(4)
        file.table(_QUANTIZATION)
    return weights, file.tensor(op.weight.shape[:1], _WEIGHTS if connected else _BIAS)


def _weights_shape(shape: tuple[int, ...], *, depthwise: bool) -> tuple[int, ...]:
    """A weight's shape as TensorFlow Lite orders it."""
    if len(shape) == 2:
        return shape
    out, inner, height, width = shape
    return (inner, height, width, out) if depthwise else (out, height, width, inner)


def _add_activation(file: _File, graph: Graph, name: str, op: Op | None) -> int:
    """An activation; a pool's output shares its input's quantization."""
    if op is None or not _is_pool(op):
        file.vector(4)
        _add_zero_point(file, after_relu=op is not None and op.activation is Activation.RELU)
        file.table(_QUANTIZATION)
    height, width, channels = graph.tensors[name].shape
    flat = op is not None and op.kind is OpKind.FULLY_CONNECTED
    return file.tensor((1, channels) if flat else (1, height, width, channels), _ACTIVATION)


def _add_zero_point(file: _File, *, after_relu: bool) -> None:
    if not (after_relu and file.relu_zero_point):
        file.vector(8, 8)
    file.relu_zero_point |= after_relu


def _add_operator(file: _File, op: Op, inputs: tuple[int, ...], output: int) -> None:
    kernel = op.kernel if _is_pool(op) else None
    key = (op.kind, kernel, op.stride, op.activation)
    if key not in file.options:
        file.options.add(key)
        file.table(_options(op))
    file.shared_integers(inputs)
    file.shared_integers((output,))
    file.table(_OPERATOR)


def _options(op: Op) -> _Table:
    match op.kind:
        case OpKind.CONV:
            return _CONV_OPTIONS
        case OpKind.DEPTHWISE_CONV:
            return _DEPTHWISE_OPTIONS
        case OpKind.FULLY_CONNECTED | OpKind.ADD:
            return _FUSED_OPTIONS
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _POOL_OPTIONS
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, which has no .tflite operator here")


def _is_pool(op: Op) -> bool:
    return op.kind in (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def _add_model(file: _File, graph: Graph, buffers: int, numbers: dict[str, int]) -> None:
    """The lists of tensors and operators, the operator codes, and the root."""
    file.vector(4 * file.tensors)
    file.vector(4 * len(graph.ops))
    file.shared_integers((numbers[graph.input.name],))
    file.shared_integers((numbers[graph.output.name],))
    file.table(_SUBGRAPH)
    file.vector(4)
    codes = {OpKind.AVERAGE_POOL if op.kind is OpKind.GLOBAL_AVERAGE_POOL else op.kind for op in graph.ops}
    for _ in codes:
        file.table(_OPERATOR_CODE)
    file.vector(4 * len(codes))
    file.vector(4 * buffers)
    file.table(_MODEL)
