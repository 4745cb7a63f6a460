"""The .tflite file of a quantized network, written straight from its graph.

int8 in and out; no names; weights quantized per output channel, fully connected ones per tensor. Biases of
convolutions carry no quantization: TFLM and LiteRT derive it (12 bytes a channel less); fully connected ones
must carry it. A pool's output shares its input's quantization. Shapes in the file are (1, height, width,
channels).

From the end of the file to its start it holds the data, what is aligned to 8 bytes, and everything else, so
that no piece's padding depends on which pieces come before it: `constraints/flash.py` is a plain sum.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tflite
from numpy.typing import NDArray

from nas.export.flatbuffer_pieces import Pieces
from nas.export.quantized_layout import carries_quantization, check_network, file_layout
from nas.export.tflite_options import OperatorSpec, OptionsKey, operator_spec, options_key, write_options
from nas.quantized_network import QuantizedNetwork
from search_spaces.graph import Activation, Op, OpKind

SCHEMA_VERSION = 3
PLAN_NAME = "OfflineMemoryAllocation"
PLAN_VERSION = 1
UNPLANNED = -1
"""The offset of a tensor that does not lie in the arena. Source: TFLM, docs/memory_management.md, "Offline
planned tensor allocations"."""
RELU_ZERO_POINT = -128
"""The code of 0 where nothing is below it, as it nearly always is after a ReLU."""


def write_tflite(network: QuantizedNetwork, offsets: Mapping[str, int] | None = None) -> bytes:
    """The whole file, which both TensorFlow Lite Micro and LiteRT run; ops in the order of the graph.

    `offsets` are the places of all activations in the arena, in bytes from its start, by name: written into
    the file, they take the place of the runtime's own planning in TensorFlow Lite Micro.

    Raises:
        QuantizationMismatch: weights or quantization do not match the graph.
        UnsupportedOp: an op has no .tflite operator.
        ValueError: an activation has no offset.
    """
    check_network(network)
    return _File(network).write(offsets)


class _File:
    """A file in the making.

    `numbers` are those of the activations, by name, and `tensors` the tables of all tensors in their order.
    """

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self.graph = network.graph
        self.weighted = [op for op in self.graph.ops if op.weight is not None]
        self.numbers = _numbers(network)
        self.pieces = Pieces()
        self.tensors: list[int] = []
        self.relu_zero_points: dict[int, int] = {}
        self.quantizations: dict[str, int] = {}
        self.indices: dict[int, int] = {}
        self.options: dict[OptionsKey, int] = {}

    def write(self, offsets: Mapping[str, int] | None) -> bytes:
        """Data first, as it goes to the end of the file, where its alignment costs least."""
        plan = None if offsets is None else self._plan(offsets)
        buffers = self._buffers(plan)
        self._write_zero_points()
        self._add_activation(self.graph.input.name, None)
        operators = [self._add_operator(op) for op in self.graph.ops]
        return self.pieces.finish(self._model(operators, buffers, plan is not None))

    def _plan(self, offsets: Mapping[str, int]) -> NDArray[np.int32]:
        places = [UNPLANNED] * (len(self.numbers) + 2 * len(self.weighted))
        for name, number in self.numbers.items():
            if name not in offsets:
                raise ValueError(f"a memory plan needs an offset for every activation, got none for {name}")
            places[number] = offsets[name]
        return np.array([PLAN_VERSION, 0, len(places), *places], dtype=np.int32)

    def _buffers(self, plan: NDArray[np.int32] | None) -> list[int]:
        """The tables of the empty buffer, every op's weights and biases, and the plan.

        The zero point of 12 bytes, the empty buffer behind the first data and the first vtable are where they
        leave every data vector at the same place modulo its alignment.
        """
        data: list[NDArray[np.int8] | NDArray[np.int32]] = []
        for op in self.weighted:
            weights = self.network.weights[op.name]
            data.extend((file_layout(op, weights.codes), weights.bias))
        if plan is not None:
            data.append(plan)
        self.relu_zero_points[RELU_ZERO_POINT] = self.pieces.zero_point(RELU_ZERO_POINT)
        first = [self.pieces.data_buffer(array) for array in data[:1]]
        empty = self.pieces.empty_buffer()
        return [empty, *first, *(self.pieces.data_buffer(array) for array in data[1:])]

    def _write_zero_points(self) -> None:
        """All vectors of int64, and the quantizations that keep them aligned without padding."""
        self.pieces.align_zero_points()
        self._quantize(self.graph.input.name, self._own_zero_point(self.graph.input.name))
        self.pieces.align_zero_points()
        for op in self.graph.ops:
            if op.activation is Activation.RELU:
                self._add_relu_zero_point(self.network.activations[op.output].zero_point)
            elif not carries_quantization(op):
                self._quantize(op.output, self._own_zero_point(op.output))
        for op in self.weighted:
            self.pieces.zeros(len(self.network.weights[op.name].scales))

    def _own_zero_point(self, name: str) -> int:
        return self.pieces.zero_point(self.network.activations[name].zero_point)

    def _add_relu_zero_point(self, value: int) -> None:
        if value not in self.relu_zero_points:
            self.relu_zero_points[value] = self.pieces.zero_point(value)
            self.pieces.align_zero_points()

    def _quantize(self, name: str, zero_point: int) -> None:
        scales = self.pieces.scales(np.array([self.network.activations[name].scale], dtype=np.float32))
        self.quantizations[name] = self.pieces.quantization(scales, zero_point)

    def _add_operator(self, op: Op) -> int:
        inputs = [self.numbers[name] for name in op.inputs]
        if op.weight is not None:
            inputs.extend(self._add_weights(op))
        self._add_activation(op.output, op)
        return self._operator(op, inputs, self.numbers[op.output])

    def _add_weights(self, op: Op) -> tuple[int, int]:
        """The numbers of an op's weights and its biases."""
        weights, pieces = self.network.weights[op.name], self.pieces
        zeros = pieces.zeros(len(weights.scales))
        axis = 3 if op.kind is OpKind.DEPTHWISE_CONV else None
        quantization = pieces.quantization(pieces.scales(weights.scales), zeros, axis)
        number, buffer = len(self.tensors), 2 * self.weighted.index(op) + 1
        shape = pieces.shape(file_layout(op, weights.codes).shape)
        self.tensors.append(self._tensor(shape, tflite.TensorType.INT8, buffer, quantization))
        if op.kind is OpKind.FULLY_CONNECTED:
            scale = np.float32(self.network.activations[op.inputs[0]].scale) * weights.scales
            bias_quantization = pieces.quantization(pieces.scales(scale), zeros)
            bias_shape = pieces.shape(weights.bias.shape)
        else:
            bias_quantization, bias_shape = None, pieces.length_of_zeros(len(weights.bias))
        bias = self._tensor(bias_shape, tflite.TensorType.INT32, buffer + 1, bias_quantization)
        self.tensors.append(bias)
        return number, number + 1

    def _add_activation(self, name: str, op: Op | None) -> None:
        if op is not None and carries_quantization(op):
            self.quantizations[name] = self.quantizations[op.inputs[0]]
        elif name not in self.quantizations:
            self._quantize(name, self.relu_zero_points[self.network.activations[name].zero_point])
        height, width, channels = self.graph.tensors[name].shape
        flat = op is not None and op.kind is OpKind.FULLY_CONNECTED
        shape = self.pieces.shape((1, channels) if flat else (1, height, width, channels))
        number = self.numbers[name]
        self.indices[number] = self.pieces.indices([number])
        self.tensors.append(self._tensor(shape, tflite.TensorType.INT8, None, self.quantizations[name]))

    def _tensor(self, shape: int, kind: int, buffer: int | None, quantization: int | None) -> int:
        builder = self.pieces.start_table()
        tflite.TensorStart(builder)
        tflite.TensorAddType(builder, kind)
        if quantization is not None:
            tflite.TensorAddQuantization(builder, quantization)
        if buffer is not None:
            tflite.TensorAddBuffer(builder, buffer)
        tflite.TensorAddShape(builder, shape)
        return tflite.TensorEnd(builder)

    def _operator(self, op: Op, inputs: list[int], output: int) -> int:
        """What reads one tensor shares that tensor's vector of one index."""
        key = options_key(op)
        if key not in self.options:
            self.options[key] = write_options(self.pieces, op)
        read = self.indices[inputs[0]] if len(inputs) == 1 else self.pieces.indices(inputs)
        builder = self.pieces.start_table()
        tflite.OperatorStart(builder)
        tflite.OperatorAddBuiltinOptionsType(builder, operator_spec(op.kind).options)
        tflite.OperatorAddBuiltinOptions(builder, self.options[key])
        tflite.OperatorAddOutputs(builder, self.indices[output])
        tflite.OperatorAddInputs(builder, read)
        tflite.OperatorAddOpcodeIndex(builder, self._specs().index(operator_spec(op.kind)))
        return tflite.OperatorEnd(builder)

    def _specs(self) -> list[OperatorSpec]:
        """The distinct operators, in the order of their first use."""
        return list(dict.fromkeys(operator_spec(op.kind) for op in self.graph.ops))

    def _operator_code(self, spec: OperatorSpec) -> int:
        builder = self.pieces.start_table()
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, spec.builtin)
        tflite.OperatorCodeAddBuiltinCode(builder, spec.builtin)
        tflite.OperatorCodeAddVersion(builder, spec.version)
        return tflite.OperatorCodeEnd(builder)

    def _subgraph(self, operators: list[int]) -> int:
        tensors, ops = self.pieces.offsets(self.tensors), self.pieces.offsets(operators)
        builder = self.pieces.start_table()
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddOperators(builder, ops)
        tflite.SubGraphAddOutputs(builder, self.indices[self.numbers[self.graph.output.name]])
        tflite.SubGraphAddInputs(builder, self.indices[self.numbers[self.graph.input.name]])
        tflite.SubGraphAddTensors(builder, tensors)
        return tflite.SubGraphEnd(builder)

    def _model(self, operators: list[int], buffers: list[int], planned: bool) -> int:  # noqa: FBT001 - private
        pieces = self.pieces
        subgraphs = pieces.offsets([self._subgraph(operators)])
        codes = pieces.offsets([self._operator_code(spec) for spec in self._specs()])
        named = pieces.offsets([pieces.metadata(PLAN_NAME, len(buffers) - 1)]) if planned else None
        data = pieces.offsets(buffers)
        builder = pieces.start_table()
        tflite.ModelStart(builder)
        if named is not None:
            tflite.ModelAddMetadata(builder, named)
        tflite.ModelAddBuffers(builder, data)
        tflite.ModelAddSubgraphs(builder, subgraphs)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddVersion(builder, SCHEMA_VERSION)
        return tflite.ModelEnd(builder)


def _numbers(network: QuantizedNetwork) -> dict[str, int]:
    """The number of every activation; an op's weights and biases come before its output."""
    numbers = {network.graph.input.name: 0}
    count = 1
    for op in network.graph.ops:
        count += 1 if op.weight is None else 3
        numbers[op.output] = count - 1
    return numbers
