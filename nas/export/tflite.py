"""The .tflite file of a quantized network, written straight from its graph.

int8 in and out; no names; weights quantized per output channel, fully connected ones per tensor. Biases of
convolutions carry no quantization: TFLM and LiteRT derive it (12 bytes a channel less); fully connected ones
must carry it. A pool's output shares its input's quantization. Shapes in the file are (1, height, width,
channels).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tflite

from constraints.arena.order import least_memory_order
from nas.export.flatbuffer_pieces import Pieces
from nas.export.quantized_layout import carries_quantization, check_network, file_layout
from nas.export.tflite_options import OperatorSpec, OptionsKey, operator_spec, options_key, write_options
from nas.quantized_network import ActivationQuantization, QuantizedNetwork
from search_spaces.graph import Activation, Op, OpKind

SCHEMA_VERSION = 3


def write_tflite(network: QuantizedNetwork) -> bytes:
    """The whole file, which both TensorFlow Lite Micro and LiteRT run; ops in the order of least memory.

    Raises:
        QuantizationMismatch: weights or quantization do not match the graph.
        UnsupportedOp: an op has no .tflite operator.
    """
    check_network(network)
    return _File(replace(network, graph=least_memory_order(network.graph))).write()


class _File:
    """A file in the making.

    `tensor_ids` numbers the activations by name; `tensors` holds the tables of all tensors in that order.
    """

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self.graph = network.graph
        self.pieces = Pieces()
        self.buffers: list[int] = []
        self.tensors: list[int] = []
        self.tensor_ids: dict[str, int] = {}
        self.quantizations: dict[str, int] = {}
        self.relu_zero_points: dict[int, int] = {}
        self.options: dict[OptionsKey, int] = {}

    def write(self) -> bytes:
        """Data first, as it goes to the end of the file, where its alignment costs least."""
        self.buffers = [self.pieces.empty_buffer()]
        data = {op.name: self._weight_buffers(op) for op in self.graph.ops if op.weight is not None}
        self._add_activation(self.graph.input.name, None)
        operators = [self._add_operator(op, data) for op in self.graph.ops]
        return self.pieces.finish(self._model(operators))

    def _weight_buffers(self, op: Op) -> tuple[int, int]:
        """The numbers of the buffers that hold an op's weights and its biases."""
        weights = self.network.weights[op.name]
        self.buffers.append(self.pieces.data_buffer(file_layout(op, weights.codes)))
        self.buffers.append(self.pieces.data_buffer(weights.bias))
        return len(self.buffers) - 2, len(self.buffers) - 1

    def _add_operator(self, op: Op, data: dict[str, tuple[int, int]]) -> int:
        inputs = [self.tensor_ids[name] for name in op.inputs]
        if op.name in data:
            inputs.extend(self._add_weights(op, *data[op.name]))
        self._add_activation(op.output, op)
        return self._operator(op, inputs, self.tensor_ids[op.output])

    def _add_weights(self, op: Op, weights_buffer: int, bias_buffer: int) -> tuple[int, int]:
        weights = self.network.weights[op.name]
        pieces = self.pieces
        zeros = pieces.zeros(len(weights.scales))
        axis = 3 if op.kind is OpKind.DEPTHWISE_CONV else None
        quantization = pieces.quantization(pieces.scales(weights.scales), zeros, axis)
        shape = file_layout(op, weights.codes).shape
        self.tensors.append(self._tensor(shape, tflite.TensorType.INT8, weights_buffer, quantization))
        bias_quantization = None
        if op.kind is OpKind.FULLY_CONNECTED:
            scale = np.float32(self.network.activations[op.inputs[0]].scale) * weights.scales
            bias_quantization = pieces.quantization(pieces.scales(scale), zeros)
        self.tensors.append(
            self._tensor(weights.bias.shape, tflite.TensorType.INT32, bias_buffer, bias_quantization)
        )
        return len(self.tensors) - 2, len(self.tensors) - 1

    def _add_activation(self, name: str, op: Op | None) -> None:
        self.quantizations[name] = self._activation_quantization(name, op)
        height, width, channels = self.graph.tensors[name].shape
        flat = op is not None and op.kind is OpKind.FULLY_CONNECTED
        shape = (1, channels) if flat else (1, height, width, channels)
        self.tensor_ids[name] = len(self.tensors)
        self.tensors.append(self._tensor(shape, tflite.TensorType.INT8, None, self.quantizations[name]))

    def _activation_quantization(self, name: str, op: Op | None) -> int:
        quantization = self.network.activations[name]
        if op is not None and carries_quantization(op):
            return self.quantizations[op.inputs[0]]
        scales = self.pieces.scales(np.array([quantization.scale], dtype=np.float32))
        return self.pieces.quantization(scales, self._zero_point(quantization, op))

    def _zero_point(self, quantization: ActivationQuantization, op: Op | None) -> int:
        """After a ReLU nearly always -128, so that those share one vector."""
        zero_point = quantization.zero_point
        if op is None or op.activation is not Activation.RELU:
            return self.pieces.zero_point(zero_point)
        if zero_point not in self.relu_zero_points:
            self.relu_zero_points[zero_point] = self.pieces.zero_point(zero_point)
        return self.relu_zero_points[zero_point]

    def _tensor(self, shape: tuple[int, ...], kind: int, buffer: int | None, quantization: int | None) -> int:
        extents = self.pieces.integers(shape)
        builder = self.pieces.start_table()
        tflite.TensorStart(builder)
        tflite.TensorAddType(builder, kind)
        if quantization is not None:
            tflite.TensorAddQuantization(builder, quantization)
        if buffer is not None:
            tflite.TensorAddBuffer(builder, buffer)
        tflite.TensorAddShape(builder, extents)
        return tflite.TensorEnd(builder)

    def _operator(self, op: Op, inputs: list[int], output: int) -> int:
        key = options_key(op)
        if key not in self.options:
            self.options[key] = write_options(self.pieces, op)
        read, written = self.pieces.integers(inputs), self.pieces.integers([output])
        builder = self.pieces.start_table()
        tflite.OperatorStart(builder)
        tflite.OperatorAddBuiltinOptionsType(builder, operator_spec(op.kind).options)
        tflite.OperatorAddBuiltinOptions(builder, self.options[key])
        tflite.OperatorAddOutputs(builder, written)
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
        inputs = self.pieces.integers([self.tensor_ids[self.graph.input.name]])
        outputs = self.pieces.integers([self.tensor_ids[self.graph.output.name]])
        builder = self.pieces.start_table()
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddOperators(builder, ops)
        tflite.SubGraphAddOutputs(builder, outputs)
        tflite.SubGraphAddInputs(builder, inputs)
        tflite.SubGraphAddTensors(builder, tensors)
        return tflite.SubGraphEnd(builder)

    def _model(self, operators: list[int]) -> int:
        subgraphs = self.pieces.offsets([self._subgraph(operators)])
        codes = self.pieces.offsets([self._operator_code(spec) for spec in self._specs()])
        buffers = self.pieces.offsets(self.buffers)
        builder = self.pieces.start_table()
        tflite.ModelStart(builder)
        tflite.ModelAddBuffers(builder, buffers)
        tflite.ModelAddSubgraphs(builder, subgraphs)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddVersion(builder, SCHEMA_VERSION)
        return tflite.ModelEnd(builder)
