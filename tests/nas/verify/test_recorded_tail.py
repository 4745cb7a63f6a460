"""Predicted tails and least arenas beside those of TensorFlow Lite Micro, which shares no code with them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import pytest

from constraints.arena.foreign_tails import foreign_op_tail, foreign_scratch_bytes
from constraints.arena.tail import NetworkParts, combine, tail_bytes
from constraints.arena.total import arena_bytes
from constraints.kernels import HOST
from nas.export.tflite import write_tflite
from nas.verify.native_stderr import native_stderr
from nas.verify.tflm import record_arena
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from tests.graphs import branching_graph, preset_spaces, random_network_graph, single_op_graphs
from tests.quantized import random_network
from tests.spaces import every_family_space, one_stage_space, two_stage_space

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
schema = pytest.importorskip("tflite_micro.tensorflow.lite.micro.python.schema_py_generated")

SPACES = (*preset_spaces(), one_stage_space(), two_stage_space(), every_family_space())
TYPES = {"int8": (schema.TensorType.INT8, 1), "float": (schema.TensorType.FLOAT32, 4)}


def exported(graph: Graph, seed: int) -> bytes:
    return write_tflite(random_network(graph, seed))


def starts(model: bytes, arena: int) -> bool:
    try:
        with native_stderr():
            runtime.Interpreter.from_bytes(model, arena_size=arena)
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_the_tail_of_random_networks_is_predicted_to_the_byte(space: SearchSpace):
    rng = random.Random(5)
    for seed in range(4):
        graph = lower(space, space.sample(rng))
        assert record_arena(exported(graph, seed)).tail_bytes == tail_bytes(graph)


@pytest.mark.parametrize("name", single_op_graphs())
def test_the_tail_and_the_least_arena_of_each_op_are_predicted_to_the_byte(name: str):
    graph = single_op_graphs()[name]
    model = exported(graph, 0)
    recorded = record_arena(model)
    assert recorded.tail_bytes == tail_bytes(graph)
    predicted = arena_bytes(graph, recorded.head_bytes)
    assert starts(model, predicted)
    assert not starts(model, predicted - 16)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_arena_of_a_network_is_predicted_to_16_bytes(seed: int):
    graph = random_network_graph(seed) if seed % 2 else branching_graph(seed, 9)
    model = exported(graph, seed)
    predicted = arena_bytes(graph, record_arena(model).head_bytes)
    assert starts(model, predicted)
    assert not starts(model, predicted - 16)


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
    "PAD": OneOp((MAP,), ((1, 6, 6, 8), "int8", 0.1, 0), ([[0, 0], [1, 1], [1, 1], [0, 0]],), "PadOptions"),
    "QUANTIZE": OneOp(((MAP[0], "float"),), SAME),
    "REQUANTIZE": OneOp((MAP,), (*MAP, 0.2, 3), code="QUANTIZE"),
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
}


def tensor_of(shape: tuple[int, ...], kind: str, scale: float, zero_point: int) -> Any:
    tensor = schema.TensorT()
    tensor.shape, tensor.type = list(shape), TYPES[kind][0]
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


@pytest.mark.parametrize("name", ONE_OP_FILES)
def test_the_tail_and_scratch_of_ops_that_others_use_are_predicted_to_the_byte(name: str):
    one = ONE_OP_FILES[name]
    recorded = record_arena(file_of(name, one))
    tensors = len(one.reads) + len(one.constants) + 1
    op = foreign_op_tail(one.code or name, tensors, HOST)
    assert op is not None
    plain = [kind == "float" for _, kind in one.reads]
    parts = NetworkParts((op,), tensors, 1, len(plain), 1, sum(plain), int(one.writes[1] == "float"))
    assert recorded.tail_bytes == combine(parts, HOST).total
    scratch = foreign_scratch_bytes(one.code or name, int(np.prod(one.writes[0])))
    assert len(scratch) == op.scratch_buffers
    sizes = [int(np.prod(shape)) * TYPES[kind][1] for shape, kind in (*one.reads, one.writes[:2])]
    assert recorded.head_bytes == sum(-(-size // 16) * 16 for size in (*sizes, *scratch))
