"""Files of one operator each, of kinds that no search space has; written by TFLM's own schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import pytest

schema = pytest.importorskip("tflite_micro.tensorflow.lite.micro.python.schema_py_generated")

TYPES = {"int8": schema.TensorType.INT8, "float": schema.TensorType.FLOAT32}


@dataclass(frozen=True, slots=True)
class OneOp:
    """A file of one op: shapes and types of what it reads and writes, integers given to it, its options."""

    reads: tuple[tuple[tuple[int, ...], str], ...]
    writes: tuple[tuple[int, ...], str, float, int]
    constants: tuple[object, ...] = ()
    options: str = ""
    fields: tuple[tuple[str, object], ...] = ()
    code: str = ""


MAP = ((1, 4, 4, 8), "int8")
SAME = (*MAP, 0.1, 0)
ONE_OP_FILES = {
    "ADD": OneOp((MAP, MAP), SAME, options="AddOptions"),
    "CONCATENATION": OneOp(
        (MAP,) * 5, ((1, 4, 4, 40), "int8", 0.1, 0), (), "ConcatenationOptions", (("axis", 3),)
    ),
    "DEQUANTIZE": OneOp((MAP,), (MAP[0], "float", 0, 0)),
    "EXPAND_DIMS": OneOp((MAP,), ((1, 1, 4, 4, 8), "int8", 0.1, 0), ([0],), "ExpandDimsOptions"),
    "HARD_SWISH": OneOp((MAP,), SAME),
    "LEAKY_RELU": OneOp((MAP,), SAME, (), "LeakyReluOptions", (("alpha", 0.1),)),
    "LOGISTIC": OneOp((MAP,), (*MAP, 1 / 256, -128)),
    "MAXIMUM": OneOp((MAP, MAP), SAME, options="MaximumMinimumOptions"),
    "MINIMUM": OneOp((MAP, MAP), SAME, options="MaximumMinimumOptions"),
    "MEAN": OneOp((MAP,), ((1, 8), "int8", 0.2, 1), ([1, 2],), "ReducerOptions"),
    "MUL": OneOp((MAP, MAP), SAME, options="MulOptions"),
    "MEAN of all": OneOp((MAP,), ((1,), "int8", 0.2, 1), ([0, 1, 2, 3],), "ReducerOptions", code="MEAN"),
    "MEAN of five axes": OneOp(
        (((1, 2, 4, 4, 8), "int8"),), ((1, 2, 8), "int8", 0.2, 1), ([2, 3],), "ReducerOptions", code="MEAN"
    ),
    "PACK": OneOp(
        (MAP, MAP), ((2, 1, 4, 4, 8), "int8", 0.1, 0), (), "PackOptions", (("valuesCount", 2), ("axis", 0))
    ),
    "PAD": OneOp((MAP,), ((1, 6, 6, 8), "int8", 0.1, 0), ([[0, 0], [1, 1], [1, 1], [0, 0]],), "PadOptions"),
    "QUANTIZE": OneOp(((MAP[0], "float"),), SAME),
    "REQUANTIZE": OneOp((MAP,), (*MAP, 0.2, 3), code="QUANTIZE"),
    "REDUCE_MAX": OneOp((MAP,), ((1, 8), "int8", 0.1, 0), ([1, 2],), "ReducerOptions"),
    "RELU": OneOp((MAP,), SAME),
    "RELU6": OneOp((MAP,), SAME),
    "RESHAPE": OneOp(
        (MAP,), ((1, 128), "int8", 0.1, 0), ([1, 128],), "ReshapeOptions", (("newShape", [1, 128]),)
    ),
    "RESIZE_BILINEAR": OneOp((MAP,), ((1, 8, 8, 8), "int8", 0.1, 0), ([8, 8],), "ResizeBilinearOptions"),
    "RESIZE_NEAREST_NEIGHBOR": OneOp(
        (MAP,), ((1, 8, 8, 8), "int8", 0.1, 0), ([8, 8],), "ResizeNearestNeighborOptions"
    ),
    "SOFTMAX": OneOp(
        (((1, 8), "int8"),), ((1, 8), "int8", 1 / 256, -128), (), "SoftmaxOptions", (("beta", 1.0),)
    ),
    "SQUEEZE": OneOp(
        (((1, 1, 1, 8), "int8"),), ((1, 8), "int8", 0.1, 0), (), "SqueezeOptions", (("squeezeDims", [1, 2]),)
    ),
    "STRIDED_SLICE": OneOp(
        (MAP,), ((1, 2, 2, 8), "int8", 0.1, 0), ([0] * 4, [1, 2, 2, 8], [1] * 4), "StridedSliceOptions"
    ),
    "SUB": OneOp((MAP, MAP), SAME, options="SubOptions"),
    "SUM": OneOp((MAP,), ((1, 100), "int8", 0.2, 1), ([1, 2],), "ReducerOptions"),
    "TANH": OneOp((MAP,), (*MAP, 1 / 128, 0)),
    "TRANSPOSE": OneOp((MAP,), SAME, ([0, 2, 1, 3],), "TransposeOptions"),
    "UNPACK": OneOp((MAP,), ((4, 4, 8), "int8", 0.1, 0), (), "UnpackOptions", (("num", 1), ("axis", 0))),
}


def tensor_of(shape: tuple[int, ...], kind: str, scale: float, zero_point: int) -> Any:
    tensor = schema.TensorT()
    tensor.shape, tensor.type = list(shape), TYPES[kind]
    if kind == "int8":
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
    return tensor


def file_of(name: str, one: OneOp) -> bytes:
    model, graph, op, code = schema.ModelT(), schema.SubGraphT(), schema.OperatorT(), schema.OperatorCodeT()
    model.version, model.buffers = 3, [schema.BufferT()]
    reads = [tensor_of(shape, kind, 0.1, 0) for shape, kind in one.reads]
    constants = []
    for values in one.constants:
        numbers, tensor, buffer = np.array(values, np.int32), schema.TensorT(), schema.BufferT()
        buffer.data = np.frombuffer(numbers.tobytes(), np.uint8)
        tensor.shape, tensor.type, tensor.buffer = (
            list(numbers.shape),
            schema.TensorType.INT32,
            len(model.buffers),
        )
        model.buffers.append(buffer)
        constants.append(tensor)
    graph.tensors = [*reads, *constants, tensor_of(*one.writes)]
    last = len(graph.tensors) - 1
    graph.inputs, graph.outputs = list(range(len(reads))), [last]
    op.opcodeIndex, op.inputs, op.outputs = 0, list(range(last)), [last]
    if one.options:
        op.builtinOptionsType = getattr(schema.BuiltinOptions, one.options)
        op.builtinOptions = getattr(schema, f"{one.options}T")()
        for field, value in one.fields:
            setattr(op.builtinOptions, field, value)
    code.builtinCode = getattr(schema.BuiltinOperator, one.code or name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    graph.operators, model.operatorCodes, model.subgraphs = [op], [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
