"""What a .tflite operator says beside its tensors: its code, its version and its options."""

from __future__ import annotations

from dataclasses import dataclass

import tflite

from nas.export.flatbuffer_pieces import Pieces
from search_spaces.graph import Activation, Op, OpKind, Pair, UnsupportedOp

OptionsKey = tuple[OpKind, Pair, Pair, Activation]


@dataclass(frozen=True, slots=True)
class OperatorSpec:
    """A builtin operator, the version that int8 came with, and the type of its options.

    Versions: TensorFlow, lite/tools/versioning/op_version.cc, `GetBuiltinOperatorVersion`.
    """

    builtin: int
    version: int
    options: int


def operator_spec(kind: OpKind) -> OperatorSpec:
    """The builtin operator that a kind of op becomes; a global average pool is one window over the whole map.

    Raises:
        UnsupportedOp: the kind has no operator here.
    """
    builtin, options = tflite.BuiltinOperator, tflite.BuiltinOptions
    match kind:
        case OpKind.CONV:
            return OperatorSpec(builtin.CONV_2D, 3, options.Conv2DOptions)
        case OpKind.DEPTHWISE_CONV:
            return OperatorSpec(builtin.DEPTHWISE_CONV_2D, 3, options.DepthwiseConv2DOptions)
        case OpKind.FULLY_CONNECTED:
            return OperatorSpec(builtin.FULLY_CONNECTED, 4, options.FullyConnectedOptions)
        case OpKind.ADD:
            return OperatorSpec(builtin.ADD, 2, options.AddOptions)
        case OpKind.MAX_POOL:
            return OperatorSpec(builtin.MAX_POOL_2D, 2, options.Pool2DOptions)
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return OperatorSpec(builtin.AVERAGE_POOL_2D, 2, options.Pool2DOptions)
        case _:
            raise UnsupportedOp(f"a .tflite operator is known for {', '.join(OpKind)}; got {kind}")


def options_key(op: Op) -> OptionsKey:
    """What an op's options depend on; ops of one key share one table."""
    return (
        (op.kind, op.kernel, op.stride, op.activation)
        if _pools(op)
        else (op.kind, (1, 1), op.stride, op.activation)
    )


def write_options(pieces: Pieces, op: Op) -> int:
    """The options table of an op."""
    match op.kind:
        case OpKind.CONV:
            return _conv(pieces, op)
        case OpKind.DEPTHWISE_CONV:
            return _depthwise(pieces, op)
        case OpKind.FULLY_CONNECTED:
            return _fully_connected(pieces, op)
        case OpKind.ADD:
            return _add(pieces, op)
        case OpKind.MAX_POOL | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            return _pool(pieces, op)
        case _:
            raise UnsupportedOp(f"op {op.name} is a {op.kind}, which has no .tflite options here")


def _pools(op: Op) -> bool:
    return op.kind in (OpKind.MAX_POOL, OpKind.AVERAGE_POOL, OpKind.GLOBAL_AVERAGE_POOL)


def _fused(op: Op) -> int:
    relu = op.activation is Activation.RELU
    return tflite.ActivationFunctionType.RELU if relu else tflite.ActivationFunctionType.NONE


def _conv(pieces: Pieces, op: Op) -> int:
    builder = pieces.start_table()
    tflite.Conv2DOptionsStart(builder)
    tflite.Conv2DOptionsAddFusedActivationFunction(builder, _fused(op))
    tflite.Conv2DOptionsAddPadding(builder, tflite.Padding.SAME)
    tflite.Conv2DOptionsAddStrideH(builder, op.stride[0])
    tflite.Conv2DOptionsAddStrideW(builder, op.stride[1])
    return tflite.Conv2DOptionsEnd(builder)


def _depthwise(pieces: Pieces, op: Op) -> int:
    builder = pieces.start_table()
    tflite.DepthwiseConv2DOptionsStart(builder)
    tflite.DepthwiseConv2DOptionsAddFusedActivationFunction(builder, _fused(op))
    tflite.DepthwiseConv2DOptionsAddPadding(builder, tflite.Padding.SAME)
    tflite.DepthwiseConv2DOptionsAddDepthMultiplier(builder, 1)
    tflite.DepthwiseConv2DOptionsAddStrideH(builder, op.stride[0])
    tflite.DepthwiseConv2DOptionsAddStrideW(builder, op.stride[1])
    return tflite.DepthwiseConv2DOptionsEnd(builder)


def _fully_connected(pieces: Pieces, op: Op) -> int:
    builder = pieces.start_table()
    tflite.FullyConnectedOptionsStart(builder)
    tflite.FullyConnectedOptionsAddFusedActivationFunction(builder, _fused(op))
    return tflite.FullyConnectedOptionsEnd(builder)


def _add(pieces: Pieces, op: Op) -> int:
    builder = pieces.start_table()
    tflite.AddOptionsStart(builder)
    tflite.AddOptionsAddFusedActivationFunction(builder, _fused(op))
    return tflite.AddOptionsEnd(builder)


def _pool(pieces: Pieces, op: Op) -> int:
    builder = pieces.start_table()
    whole = op.kind is OpKind.GLOBAL_AVERAGE_POOL
    tflite.Pool2DOptionsStart(builder)
    tflite.Pool2DOptionsAddFusedActivationFunction(builder, _fused(op))
    tflite.Pool2DOptionsAddPadding(builder, tflite.Padding.VALID if whole else tflite.Padding.SAME)
    tflite.Pool2DOptionsAddFilterHeight(builder, op.kernel[0])
    tflite.Pool2DOptionsAddFilterWidth(builder, op.kernel[1])
    tflite.Pool2DOptionsAddStrideH(builder, op.stride[0])
    tflite.Pool2DOptionsAddStrideW(builder, op.stride[1])
    return tflite.Pool2DOptionsEnd(builder)
