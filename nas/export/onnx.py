"""The .onnx file of a quantized network, written straight from its graph in QDQ form.

Between two ops a tensor is quantized and dequantized again, which runtimes fuse into integer kernels. Weights
are int8, activations uint8 (the int8 code plus 128): on x86-64 ONNX Runtime turns most int8 activations into
uint8 and leaves the mixture unfused. The input is raw pixels, uint8 (batch, channels, height, width): the
normalization is its scale and zero point. The output is float32 logits, (batch, classes).

Each op is within one step of TensorFlow Lite's, which rounds halves away from zero; `QuantizeLinear` rounds
them to even. Means of 2 x 2 windows meet halves most. Source: ONNX operators, `QuantizeLinear`, opset 20.

Without VNNI instructions ONNX Runtime sums pairs of products in 16 bits on x86-64, where they can clip: set
its session option `session.x64quantprecision` to "1" there (onnxruntime_session_options_config_keys.h).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, ValueInfoProto, helper

from nas.export.onnx_nodes import OnnxNodes
from nas.export.onnx_operators import operator_of
from nas.export.quantized_layout import check_network
from nas.quantized_network import QuantizedNetwork
from search_spaces.graph import Activation, Op, OpKind

OPSET = 20
IR_VERSION = 9
"""The first one with opset 20 (ONNX, docs/Versioning.md, "Released Versions")."""
BYTE_OFFSET = 128
"""What a uint8 code here has more than the int8 code for the same value."""
PIXELS, LOGITS = "pixels", "logits"


def write_onnx(network: QuantizedNetwork) -> bytes:
    """The whole file.

    Raises:
        QuantizationMismatch: weights or quantization do not match the graph.
        UnsupportedOp: an op has no ONNX operator.
    """
    check_network(network)
    return _File(network).write()


class _File:
    """A file in the making; the codes of a tensor named t are t/codes, what they stand for t."""

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self.graph = network.graph
        self.onnx = OnnxNodes()
        self.reals: dict[str, str] = {}

    def write(self) -> bytes:
        """Nodes in the order of the ops, each after what dequantizes its inputs."""
        for op in self.graph.ops:
            self._add_op(op)
        output = self.graph.output.name
        self._dequantize(output, self._flat(output, LOGITS), LOGITS)
        height, width, channels = self.graph.input.shape
        pixels = helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["batch", channels, height, width])
        classes = self.graph.output.size_bytes
        logits = helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["batch", classes])
        return self._model(pixels, logits)

    def _model(self, pixels: ValueInfoProto, logits: ValueInfoProto) -> bytes:
        nodes, constants = self.onnx.nodes, self.onnx.constants
        model = helper.make_model(
            helper.make_graph(nodes, "network", [pixels], [logits], constants),
            producer_name="budget-nas",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)

    def _add_op(self, op: Op) -> None:
        kind, attributes = operator_of(self.graph, op)
        value = self.onnx.node(kind, self._inputs(op), f"{op.output}/exact", attributes)
        if op.activation is Activation.RELU:
            value = self.onnx.node("Relu", [value], f"{op.output}/rectified")
        self.onnx.node("QuantizeLinear", [value, *self._rule(op.output)], self._codes(op.output))

    def _inputs(self, op: Op) -> list[str]:
        if op.kind is OpKind.FULLY_CONNECTED:
            name = op.inputs[0]
            flat = self._flat(name, op.name)
            return [self._dequantize(name, flat, f"{op.name}/input"), *self._parameters(op)]
        return [*map(self._real, op.inputs), *self._parameters(op)]

    def _parameters(self, op: Op) -> list[str]:
        """An op's weights and biases, where it has any."""
        if op.weight is None:
            return []
        weights = self.network.weights[op.name]
        input_scale = np.float32(self.network.activations[op.inputs[0]].scale)
        return [
            self.onnx.dequantized_constant(f"{op.name}/weight", weights.codes, weights.scales),
            self.onnx.dequantized_constant(f"{op.name}/bias", weights.bias, input_scale * weights.scales),
        ]

    def _real(self, name: str) -> str:
        """What a tensor's codes stand for, dequantized where it is first read."""
        if name not in self.reals:
            self.reals[name] = self._dequantize(name, self._codes(name), name)
        return self.reals[name]

    def _dequantize(self, name: str, codes: str, output: str) -> str:
        return self.onnx.node("DequantizeLinear", [codes, *self._rule(name)], output)

    def _codes(self, name: str) -> str:
        return PIXELS if name == self.graph.input.name else f"{name}/codes"

    def _flat(self, name: str, reader: str) -> str:
        """A tensor's codes as (batch, features) for one reader; a map in the device's order."""
        codes = self._codes(name)
        if any(op.output == name and op.kind is OpKind.FULLY_CONNECTED for op in self.graph.ops):
            return codes
        if self.graph.tensors[name].shape[:2] != (1, 1):
            codes = self.onnx.node("Transpose", [codes], f"{reader}/ordered", {"perm": [0, 2, 3, 1]})
        return self.onnx.node("Flatten", [codes], f"{reader}/flat", {"axis": 1})

    def _rule(self, name: str) -> list[str]:
        """A tensor's scale and zero point."""
        rule = self.network.activations[name]
        return [
            self.onnx.constant(f"{name}/scale", np.array(rule.scale, dtype=np.float32)),
            self.onnx.constant(f"{name}/zero_point", np.array(rule.zero_point + BYTE_OFFSET, dtype=np.uint8)),
        ]
