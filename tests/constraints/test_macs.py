from dataclasses import replace
from typing import Any, cast

import pytest

from constraints.geometry import Geometry
from constraints.macs import count_macs, macs, macs_of
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, OpKind, UnsupportedOp


def small_net() -> Graph:
    builder = GraphBuilder((9, 8, 3))
    x = builder.conv(builder.input, "stem", 8, (3, 3), (2, 2))  # (5, 4, 8)
    y = builder.depthwise(x, "dw", (5, 1))
    y = builder.conv(y, "pw", 8)
    x = builder.add(x, y, "sum")
    x = builder.max_pool(x, "max", (2, 2))  # (3, 2, 8)
    x = builder.average_pool(x, "mean", (2, 1))  # (2, 2, 8)
    x = builder.fully_connected(x, "hidden", 6)
    x = builder.global_average_pool(x, "pool")
    builder.fully_connected(x, "head", 10)
    return builder.build()


def test_macs_of_each_kind_are_as_worked_out_by_hand():
    graph = small_net()
    assert {op.name: macs_of(graph, op) for op in graph.ops} == {
        "stem": 5 * 4 * 8 * 3 * 3 * 3,  # 4,320
        "dw": 5 * 4 * 8 * 5 * 1,  # 800
        "pw": 5 * 4 * 8 * 8,  # 1,280
        "sum": 0,
        "max": 0,
        "mean": 0,
        "hidden": 2 * 2 * 8 * 6,  # 192
        "pool": 0,
        "head": 6 * 10,
    }
    assert count_macs(graph) == 4_320 + 800 + 1_280 + 192 + 60


def test_macs_of_the_keyword_spotting_network_are_those_of_its_reference():
    # DS-CNN of MLPerf Tiny (Banbury et al. 2021): 10x4 stride 2, then four depthwise-separable blocks of 64.
    builder = GraphBuilder((49, 10, 1))
    x = builder.conv(builder.input, "stem", 64, (10, 4), (2, 2))  # (25, 5, 64)
    for block in range(4):
        x = builder.depthwise(x, f"block{block}.dw", (3, 3))
        x = builder.conv(x, f"block{block}.pw", 64)
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 12)
    assert count_macs(builder.build()) == 320_000 + 288_000 + 2_048_000 + 768


def test_an_op_of_an_unknown_kind_raises_and_never_counts_zero():
    graph = small_net()
    strange = replace(graph.ops[0], kind=cast("Any", "softmax"))
    with pytest.raises(UnsupportedOp, match="op stem: MACs of 'softmax' are not known"):
        macs_of(graph, strange)


def test_macs_follow_from_shapes_without_a_graph():
    assert macs(Geometry(OpKind.FULLY_CONNECTED, (2, 2, 8), (1, 1, 6))) == 2 * 2 * 8 * 6
    assert macs(Geometry(OpKind.CONV, (49, 10, 1), (25, 5, 64), kernel=(10, 4), stride=(2, 2))) == 320_000
