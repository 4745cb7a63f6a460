from __future__ import annotations

import pytest

from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, OpKind, WeightRef


def test_a_strided_convolution_rounds_its_output_up_and_changes_the_channels() -> None:
    builder = GraphBuilder((49, 10, 3))
    y = builder.conv(builder.input, "stem", 8, (5, 3), (2, 4))
    op = builder.build().ops[0]
    assert y.shape == (25, 3, 8)  # 49 / 2 = 24.5, 10 / 4 = 2.5
    assert op.weight == WeightRef("stem", (8, 3, 5, 3))
    assert (op.kernel, op.stride, op.activation) == ((5, 3), (2, 4), Activation.RELU)


def test_a_depthwise_convolution_keeps_the_channels() -> None:
    builder = GraphBuilder((7, 7, 6))
    y = builder.depthwise(builder.input, "dw", (3, 3), (2, 2))
    assert y.shape == (4, 4, 6)
    assert builder.build().ops[0].weight == WeightRef("dw", (6, 1, 3, 3))


def test_pools_round_their_output_up_and_keep_the_channels() -> None:
    builder = GraphBuilder((5, 1, 4))
    assert builder.max_pool(builder.input, "max", (2, 1)).shape == (3, 1, 4)
    assert builder.average_pool(builder.input, "average", (2, 2)).shape == (3, 1, 4)
    assert [op.kernel for op in builder.build().ops] == [op.stride for op in builder.build().ops]


def test_the_head_pools_everything_and_connects_to_every_class() -> None:
    builder = GraphBuilder((3, 5, 4))
    pooled = builder.global_average_pool(builder.input, "pool")
    logits = builder.fully_connected(pooled, "classify", 10)
    graph = builder.build()
    assert (pooled.shape, logits.shape) == ((1, 1, 4), (1, 1, 10))
    assert graph.ops[0].kernel == (3, 5)
    assert graph.ops[1].weight == WeightRef("classify", (10, 4))
    assert graph.output == logits


def test_only_tensors_of_one_shape_are_added() -> None:
    builder = GraphBuilder((8, 8, 4))
    same = builder.conv(builder.input, "same", 4)
    other = builder.conv(builder.input, "other", 8)
    assert builder.add(builder.input, same, "add").shape == (8, 8, 4)
    assert builder.build().ops[-1].kind is OpKind.ADD
    with pytest.raises(ValueError, match=r"sum adds tensors of one shape, got \(8, 8, 4\) and \(8, 8, 8\)"):
        builder.add(builder.input, other, "sum")
