"""Model files to plan anew: our own without a plan, and foreign ones."""

from __future__ import annotations

from dataclasses import replace

import tflite

from nas.export.tflite import write_tflite
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph
from studies.untrained import random_network
from tests.nas.tflite_file.foreign import (
    FLOAT32,
    Foreign,
    ForeignOperator,
    ForeignTensor,
    biases,
    conv_options,
    fused_options,
    weights,
)

B = tflite.BuiltinOperator


def own_file(graph: Graph, seed: int = 0) -> bytes:
    """A file of our own without a plan."""
    return write_tflite(random_network(graph, seed))


def halving_graph() -> Graph:
    """Convolutions over ever smaller maps: most of what they write fits over what they read."""
    builder = GraphBuilder((16, 16, 3))
    y = builder.conv(builder.input, "first", 8, (3, 3), (2, 2))
    y = builder.depthwise(y, "second", (3, 3), (2, 2))
    y = builder.conv(y, "third", 12, (3, 3))
    builder.fully_connected(builder.global_average_pool(y, "pool"), "classes", 5)
    return builder.build()


def badly_ordered() -> Foreign:
    """Two branches of one input, each first large and then small, whose large tensors are made at once."""
    large, small = (1, 8, 8, 16), (1, 4, 4, 2)
    tensors = [
        ForeignTensor((1, 8, 8, 2), name="picture"),
        weights((16, 1, 1, 2), scales=16),
        biases(16),
        weights((2, 3, 3, 16), scales=2),
        biases(2),
        *(ForeignTensor(large, name=name) for name in ("large one", "large two")),
        *(ForeignTensor(small, name=name) for name in ("small one", "small two", "sum")),
    ]
    operators = [
        ForeignOperator(B.CONV_2D, (0, 1, 2), (5,), conv_options()),
        ForeignOperator(B.CONV_2D, (0, 1, 2), (6,), conv_options()),
        ForeignOperator(B.CONV_2D, (5, 3, 4), (7,), conv_options(stride=2)),
        ForeignOperator(B.CONV_2D, (6, 3, 4), (8,), conv_options(stride=2)),
        ForeignOperator(B.ADD, (7, 8), (9,), fused_options("AddOptions")),
    ]
    return Foreign(tensors, operators)


def with_dead_ends() -> Foreign:
    """A second output, a tensor that nothing reads, and one that no operator touches."""
    model = badly_ordered()
    tensors = [
        *model.tensors,
        ForeignTensor((1, 4, 4, 2), name="dead end"),
        ForeignTensor((1, 4, 4, 2), name="untouched"),
    ]
    dead = ForeignOperator(B.CONV_2D, (6, 3, 4), (10,), conv_options(stride=2))
    return replace(
        model, tensors=tensors, operators=[*model.operators[:3], dead, *model.operators[3:]], outputs=(9, 7)
    )


def of_two_inputs_and_floats() -> Foreign:
    """Floats in, quantized by the model itself, and added to a second input in int8."""
    shape = (1, 6, 6, 4)
    tensors = [
        ForeignTensor(shape, FLOAT32, scales=(), name="reals"),
        ForeignTensor(shape, name="codes"),
        ForeignTensor(shape, name="quantized"),
        ForeignTensor(shape, name="sum"),
        weights((4, 3, 3, 4), scales=4),
        biases(4),
        ForeignTensor(shape, name="answer"),
    ]
    operators = [
        ForeignOperator(B.QUANTIZE, (0,), (2,)),
        ForeignOperator(B.ADD, (2, 1), (3,), fused_options("AddOptions")),
        ForeignOperator(B.CONV_2D, (3, 4, 5), (6,), conv_options()),
    ]
    return Foreign(tensors, operators, inputs=(0, 1))
