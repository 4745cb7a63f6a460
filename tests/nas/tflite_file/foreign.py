"""Model files as other programs write them, put together table by table."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import flatbuffers
import tflite

INT8, INT32, FLOAT32, UINT8, INT16 = 9, 2, 0, 3, 7
SAME, VALID = 0, 1
Builder = flatbuffers.Builder
Options = tuple[int, Callable[[Builder], int]]


@dataclass(frozen=True)
class ForeignTensor:
    """A tensor; with `data` it is constant."""

    shape: Sequence[int]
    kind: int = INT8
    data: bytes | None = None
    scales: Sequence[float] = (0.05,)
    zero_point: int = 0
    name: str = ""
    signature: Sequence[int] | None = None
    is_variable: bool = False
    axis: int = 0


@dataclass(frozen=True)
class ForeignOperator:
    """An operator; `code` is a builtin number or the name of a custom one."""

    code: int | str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: Options | None = None


@dataclass(frozen=True)
class Foreign:
    """A model with one subgraph, written `subgraphs` times; `plan` goes into its metadata."""

    tensors: Sequence[ForeignTensor]
    operators: Sequence[ForeignOperator]
    inputs: Sequence[int] = (0,)
    outputs: Sequence[int] = field(default=(-1,))
    subgraphs: int = 1
    plan: Sequence[int] | None = None
    version: int = 3

    def write(self) -> bytes:
        """The file."""
        return _Writer(self).write()


def weights(shape: Sequence[int], scales: int = 1, axis: int = 0) -> ForeignTensor:
    """Constant int8 weights, small and not all alike."""
    count = _product(shape)
    data = bytes((number * 7 % 11 - 5) & 0xFF for number in range(count))
    return ForeignTensor(shape, INT8, data, (0.01,) * scales, axis=axis)


def biases(count: int) -> ForeignTensor:
    """Constant int32 biases."""
    return ForeignTensor((count,), INT32, struct.pack(f"<{count}i", *range(count)), (0.0005,))


def shape_data(*extents: int) -> ForeignTensor:
    """The constant that tells RESHAPE its shape."""
    return ForeignTensor((len(extents),), INT32, struct.pack(f"<{len(extents)}i", *extents), ())


def conv_options(padding: int = SAME, stride: int = 1, dilation: int = 1) -> Options:
    """Options of CONV_2D."""

    def build(builder: Builder) -> int:
        tflite.Conv2DOptionsStart(builder)
        tflite.Conv2DOptionsAddPadding(builder, padding)
        tflite.Conv2DOptionsAddStrideH(builder, stride)
        tflite.Conv2DOptionsAddStrideW(builder, stride)
        tflite.Conv2DOptionsAddDilationHFactor(builder, dilation)
        tflite.Conv2DOptionsAddDilationWFactor(builder, dilation)
        return tflite.Conv2DOptionsEnd(builder)

    return tflite.BuiltinOptions.Conv2DOptions, build


def depthwise_options(padding: int = SAME, stride: int = 1) -> Options:
    """Options of DEPTHWISE_CONV_2D."""

    def build(builder: Builder) -> int:
        tflite.DepthwiseConv2DOptionsStart(builder)
        tflite.DepthwiseConv2DOptionsAddPadding(builder, padding)
        tflite.DepthwiseConv2DOptionsAddStrideH(builder, stride)
        tflite.DepthwiseConv2DOptionsAddStrideW(builder, stride)
        tflite.DepthwiseConv2DOptionsAddDepthMultiplier(builder, 1)
        return tflite.DepthwiseConv2DOptionsEnd(builder)

    return tflite.BuiltinOptions.DepthwiseConv2DOptions, build


def pool_options(size: int, padding: int = VALID) -> Options:
    """Options of a pool whose window moves by its own size."""

    def build(builder: Builder) -> int:
        tflite.Pool2DOptionsStart(builder)
        tflite.Pool2DOptionsAddPadding(builder, padding)
        tflite.Pool2DOptionsAddFilterHeight(builder, size)
        tflite.Pool2DOptionsAddFilterWidth(builder, size)
        tflite.Pool2DOptionsAddStrideH(builder, size)
        tflite.Pool2DOptionsAddStrideW(builder, size)
        return tflite.Pool2DOptionsEnd(builder)

    return tflite.BuiltinOptions.Pool2DOptions, build


def softmax_options() -> Options:
    """Options of SOFTMAX."""

    def build(builder: Builder) -> int:
        tflite.SoftmaxOptionsStart(builder)
        tflite.SoftmaxOptionsAddBeta(builder, 1.0)
        return tflite.SoftmaxOptionsEnd(builder)

    return tflite.BuiltinOptions.SoftmaxOptions, build


def fused_options(kind: str) -> Options:
    """Options of ADD, MUL or FULLY_CONNECTED, with nothing fused."""

    def build(builder: Builder) -> int:
        getattr(tflite, f"{kind}Start")(builder)
        return getattr(tflite, f"{kind}End")(builder)

    return getattr(tflite.BuiltinOptions, kind), build


class _Writer:
    def __init__(self, model: Foreign) -> None:
        self.model = model
        self.builder = Builder(1024)
        self.codes = list(dict.fromkeys(op.code for op in model.operators))

    def write(self) -> bytes:
        builder, model = self.builder, self.model
        data = [None, *(tensor.data for tensor in model.tensors)]
        if model.plan is not None:
            numbers = (1, 0, len(model.plan), *model.plan)
            data.append(struct.pack(f"<{len(numbers)}i", *numbers))
        buffers = self._offsets([self._buffer(one) for one in data])
        subgraphs = self._offsets([self._subgraph() for _ in range(model.subgraphs)])
        codes = self._offsets([self._code(code) for code in self.codes])
        metadata = self._offsets([self._metadata(len(data) - 1)]) if model.plan is not None else None
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, model.version)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddSubgraphs(builder, subgraphs)
        tflite.ModelAddBuffers(builder, buffers)
        if metadata is not None:
            tflite.ModelAddMetadata(builder, metadata)
        builder.Finish(tflite.ModelEnd(builder), b"TFL3")
        return bytes(builder.Output())

    def _buffer(self, data: bytes | None) -> int:
        builder = self.builder
        vector = None
        if data is not None:
            builder.StartVector(1, len(data), 16)
            builder.head -= len(data)
            builder.Bytes[builder.head : builder.head + len(data)] = data
            vector = builder.EndVector()
        tflite.BufferStart(builder)
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        return tflite.BufferEnd(builder)

    def _metadata(self, buffer: int) -> int:
        name = self.builder.CreateString("OfflineMemoryAllocation")
        tflite.MetadataStart(self.builder)
        tflite.MetadataAddName(self.builder, name)
        tflite.MetadataAddBuffer(self.builder, buffer)
        return tflite.MetadataEnd(self.builder)

    def _code(self, code: int | str) -> int:
        builder = self.builder
        name = builder.CreateString(code) if isinstance(code, str) else None
        number = tflite.BuiltinOperator.CUSTOM if isinstance(code, str) else code
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
        tflite.OperatorCodeAddBuiltinCode(builder, number)
        if name is not None:
            tflite.OperatorCodeAddCustomCode(builder, name)
        return tflite.OperatorCodeEnd(builder)

    def _subgraph(self) -> int:
        builder, model = self.builder, self.model
        tensors = self._offsets([self._tensor(index + 1, one) for index, one in enumerate(model.tensors)])
        operators = self._offsets([self._operator(op) for op in model.operators])
        inputs = self._numbers(model.inputs)
        outputs = self._numbers([number % len(model.tensors) for number in model.outputs])
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensors)
        tflite.SubGraphAddInputs(builder, inputs)
        tflite.SubGraphAddOutputs(builder, outputs)
        tflite.SubGraphAddOperators(builder, operators)
        return tflite.SubGraphEnd(builder)

    def _operator(self, op: ForeignOperator) -> int:
        builder = self.builder
        inputs, outputs = self._numbers(op.inputs), self._numbers(op.outputs)
        options = None if op.options is None else op.options[1](builder)
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, self.codes.index(op.code))
        tflite.OperatorAddInputs(builder, inputs)
        tflite.OperatorAddOutputs(builder, outputs)
        if op.options is not None and options is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, op.options[0])
            tflite.OperatorAddBuiltinOptions(builder, options)
        return tflite.OperatorEnd(builder)

    def _tensor(self, buffer: int, tensor: ForeignTensor) -> int:
        builder = self.builder
        name = builder.CreateString(tensor.name)
        shape = self._numbers(tensor.shape)
        signature = None if tensor.signature is None else self._numbers(tensor.signature)
        quantization = self._quantization(tensor)
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, tensor.kind)
        tflite.TensorAddBuffer(builder, buffer)
        tflite.TensorAddName(builder, name)
        tflite.TensorAddQuantization(builder, quantization)
        tflite.TensorAddIsVariable(builder, tensor.is_variable)
        if signature is not None:
            tflite.TensorAddShapeSignature(builder, signature)
        return tflite.TensorEnd(builder)

    def _quantization(self, tensor: ForeignTensor) -> int:
        builder, count = self.builder, len(tensor.scales)
        tflite.QuantizationParametersStartScaleVector(builder, count)
        for scale in reversed(tensor.scales):
            builder.PrependFloat32(scale)
        scales = builder.EndVector()
        tflite.QuantizationParametersStartZeroPointVector(builder, count)
        for _ in range(count):
            builder.PrependInt64(tensor.zero_point)
        zero_points = builder.EndVector()
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, zero_points)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.axis)
        return tflite.QuantizationParametersEnd(builder)

    def _numbers(self, values: Sequence[int]) -> int:
        self.builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            self.builder.PrependInt32(value)
        return self.builder.EndVector()

    def _offsets(self, targets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(targets), 4)
        for target in reversed(targets):
            self.builder.PrependUOffsetTRelative(target)
        return self.builder.EndVector()


def _product(extents: Sequence[int]) -> int:
    product = 1
    for extent in extents:
        product *= extent
    return product
