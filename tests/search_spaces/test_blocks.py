from __future__ import annotations

import pytest

from search_spaces.block import Block, keeps_shape, kernel_label, round_channels
from search_spaces.blocks import bottleneck, depthwise_separable, factorized, inverted_residual, plain_conv
from search_spaces.builder import GraphBuilder
from search_spaces.equivalence import first_equal_blocks
from search_spaces.graph import Activation, Graph, OpKind, Pair

KERNELS = [(3, 3), (5, 5)]
ALL: tuple[Block, ...] = (
    *plain_conv.choices(KERNELS),
    *depthwise_separable.choices(KERNELS),
    *factorized.choices([3, 7]),
    *bottleneck.choices(KERNELS),
    *inverted_residual.choices(KERNELS),
)


def lowered(block: Block, channels: int, stride: Pair, shape: tuple[int, int, int] = (9, 6, 8)) -> Graph:
    builder = GraphBuilder(shape)
    block.lower(builder, builder.input, channels, stride, "here")
    return builder.build()


def adds(graph: Graph) -> int:
    return sum(op.kind is OpKind.ADD for op in graph.ops)


def shapes(graph: Graph) -> list[tuple[int, int, int]]:
    return [graph.output_of(op).shape for op in graph.ops]


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.label)
def test_every_block_adds_its_input_exactly_where_the_shape_is_kept(block: Block) -> None:
    assert adds(lowered(block, 8, (1, 1))) == 1
    assert adds(lowered(block, 12, (1, 1))) == 0
    assert adds(lowered(block, 8, (2, 2))) == 0
    assert adds(lowered(block, 8, (2, 1))) == 0


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.label)
@pytest.mark.parametrize(("channels", "stride", "shape"), [(8, (1, 1), (9, 6, 8)), (12, (2, 2), (5, 3, 12))])
def test_every_block_ends_in_the_channels_and_the_size_asked_for(
    block: Block, channels: int, stride: Pair, shape: tuple[int, int, int]
) -> None:
    graph = lowered(block, channels, stride)
    assert graph.output.shape == shape
    assert all(op.name.startswith("here.") for op in graph.ops)


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.label)
def test_where_something_is_added_the_activation_comes_after_the_sum(block: Block) -> None:
    *_, last, add = lowered(block, 8, (1, 1)).ops
    assert last.activation is Activation.NONE
    is_linear = any(op.name.startswith("here.inverted") for op in lowered(block, 8, (1, 1)).ops)
    assert add.activation is (Activation.NONE if is_linear else Activation.RELU)


def test_labels_name_every_choice_once() -> None:
    assert len({block.label for block in ALL}) == len(ALL)


def test_a_factorized_convolution_takes_the_stride_axis_by_axis() -> None:
    graph = lowered(factorized.Factorized(7), 12, (2, 2))
    assert [op.kernel for op in graph.ops] == [(7, 1), (1, 7)]
    assert shapes(graph) == [(5, 6, 12), (5, 3, 12)]


def test_a_bottleneck_is_narrow_in_its_middle_and_strides_there() -> None:
    graph = lowered(bottleneck.Bottleneck((5, 5), 4), 32, (2, 2))
    assert shapes(graph) == [(9, 6, 8), (5, 3, 8), (5, 3, 32)]
    assert [op.kernel for op in graph.ops] == [(1, 1), (5, 5), (1, 1)]


def test_an_inverted_residual_is_wide_in_its_middle_and_linear_at_its_end() -> None:
    graph = lowered(inverted_residual.InvertedResidual((3, 3), 4), 12, (2, 2))
    assert shapes(graph) == [(9, 6, 32), (5, 3, 32), (5, 3, 12)]
    assert [op.activation for op in graph.ops] == [Activation.RELU, Activation.RELU, Activation.NONE]


def test_a_separable_convolution_keeps_the_channels_until_its_pointwise_half() -> None:
    graph = lowered(depthwise_separable.DepthwiseSeparable((3, 3)), 12, (2, 2))
    assert [op.kind for op in graph.ops] == [OpKind.DEPTHWISE_CONV, OpKind.CONV]
    assert shapes(graph) == [(5, 3, 8), (5, 3, 12)]


def test_a_pair_of_convolutions_strides_first_and_is_narrower_between() -> None:
    graph = lowered(plain_conv.ConvPair((3, 3), 0.5), 16, (2, 2))
    assert shapes(graph) == [(5, 3, 8), (5, 3, 16)]
    assert [op.kernel for op in graph.ops] == [(3, 3), (3, 3)]


def test_channels_are_rounded_to_the_nearest_multiple_and_never_to_none() -> None:
    assert [round_channels(channels) for channels in (0.5, 4, 7, 9, 15)] == [4, 4, 8, 8, 16]


def test_kernels_are_labelled_by_one_number_where_square() -> None:
    assert (kernel_label((5, 5)), kernel_label((9, 1))) == ("5", "9x1")


def test_a_shape_is_kept_at_stride_one_and_equal_channels() -> None:
    x = GraphBuilder((4, 4, 8)).input
    assert keeps_shape(x, 8, (1, 1))
    assert not keeps_shape(x, 8, (1, 2))
    assert not keeps_shape(x, 4, (1, 1))


def test_two_bottlenecks_are_one_where_rounding_makes_their_middles_equal() -> None:
    halved, quartered = bottleneck.choices([(3, 3)], reductions=(2, 4))
    assert first_equal_blocks((halved, quartered), (8, 8, 8)) == (0, 0)  # 8 / 2 = 4, 8 / 4 = 2 -> 4
    assert first_equal_blocks((halved, quartered), (8, 8, 16)) == (0, 1)  # 16 / 2 = 8, 16 / 4 = 4
