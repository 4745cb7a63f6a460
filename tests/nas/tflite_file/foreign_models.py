"""A few small models of the kind that converters write."""

from __future__ import annotations

import tflite

from tests.nas.tflite_file.foreign import (
    FLOAT32,
    VALID,
    Foreign,
    ForeignOperator,
    ForeignTensor,
    biases,
    conv_options,
    depthwise_options,
    fused_options,
    pool_options,
    shape_data,
    softmax_options,
    weights,
)

B = tflite.BuiltinOperator


def classifier(activation_type: int = 9, weights_type: int = 9) -> Foreign:
    """Convolution without padding, depthwise convolution, pool, reshape, fully connected, softmax.

    Weights come first and activations last, not in the order in which they are computed.
    """
    conv, depthwise = weights((8, 3, 3, 3), scales=8), weights((1, 3, 3, 8), scales=8, axis=3)
    dense = weights((5, 8))
    constants = [conv, biases(8), depthwise, biases(8), shape_data(1, 8), dense, biases(5)]
    if weights_type == FLOAT32:
        constants = [_as_float(one) for one in constants]
    shapes = [(1, 5), (1, 8), (1, 1, 1, 8), (1, 5, 5, 8), (1, 10, 10, 8), (1, 21, 21, 3)]
    activations = [ForeignTensor(shape, activation_type) for shape in shapes]
    activations.append(ForeignTensor((1, 5), activation_type, scales=(1 / 256,), zero_point=-128))
    operators = [
        ForeignOperator(B.CONV_2D, (12, 0, 1), (11,), conv_options(VALID, stride=2)),
        ForeignOperator(B.DEPTHWISE_CONV_2D, (11, 2, 3), (10,), depthwise_options(stride=2)),
        ForeignOperator(B.AVERAGE_POOL_2D, (10,), (9,), pool_options(5)),
        ForeignOperator(B.RESHAPE, (9, 4), (8,)),
        ForeignOperator(B.FULLY_CONNECTED, (8, 5, 6), (7,), fused_options("FullyConnectedOptions")),
        ForeignOperator(B.SOFTMAX, (7,), (13,), softmax_options()),
    ]
    return Foreign([*constants, *activations], operators, inputs=(12,))


def with_custom_operator() -> Foreign:
    """A convolution and an operator that no runtime knows."""
    tensors = [
        ForeignTensor((1, 8, 8, 3), name="picture"),
        weights((4, 1, 1, 3), scales=4),
        biases(4),
        ForeignTensor((1, 8, 8, 4), name="features"),
        ForeignTensor((1, 4), name="answer"),
    ]
    operators = [
        ForeignOperator(B.CONV_2D, (0, 1, 2), (3,), conv_options()),
        ForeignOperator("NoSuchOperator", (3,), (4,)),
    ]
    return Foreign(tensors, operators)


def branches() -> Foreign:
    """Two convolutions of one input, joined by an addition, and products with a constant."""
    tensors = [
        ForeignTensor((1, 6, 6, 4)),
        weights((4, 3, 3, 4), scales=4),
        weights((4, 1, 1, 4), scales=4),
        ForeignTensor((1, 6, 6, 4), name="left"),
        ForeignTensor((1, 6, 6, 4), name="right"),
        weights((1, 6, 6, 4)),
        ForeignTensor((1, 6, 6, 4), name="sum"),
        ForeignTensor((1, 6, 6, 4), name="product"),
    ]
    operators = [
        ForeignOperator(B.CONV_2D, (0, 1, -1), (4,), conv_options(dilation=2)),
        ForeignOperator(B.CONV_2D, (0, 2, -1), (3,), conv_options()),
        ForeignOperator(B.ADD, (4, 3), (6,), fused_options("AddOptions")),
        ForeignOperator(B.MUL, (6, 5), (7,), fused_options("MulOptions")),
    ]
    return Foreign(tensors, operators)


def _as_float(tensor: ForeignTensor) -> ForeignTensor:
    if tensor.kind != 9 or tensor.data is None:
        return tensor
    return ForeignTensor(tensor.shape, FLOAT32, b"\0\0\0\0" * len(tensor.data), ())
