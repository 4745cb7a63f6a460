"""Networks made by hand, which no search had a part in: what training speed and searches are held against."""

from __future__ import annotations

from search_spaces.blocks.inverted_residual import InvertedResidual
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph, Pair, Shape, Tensor

ONE: Pair = (1, 1)
TWO: Pair = (2, 2)
THREE: Pair = (3, 3)


def residual_network(input_shape: Shape, classes: int, width: int = 1) -> Graph:
    """3 x 3 convolutions with residuals: of (28, 28, 1) and ten classes 4.38 M MACs and 57.9 k parameters.

    `width` multiplies all channels.
    """
    builder = GraphBuilder(input_shape)
    x = builder.conv(builder.input, "stem", 8 * width, THREE)
    x = builder.conv(x, "stage0.entry", 16 * width, THREE, TWO)
    x = _residual(builder, x, 16 * width, "stage0.block0")
    x = _residual(builder, x, 16 * width, "stage0.block1")
    x = builder.conv(x, "stage1.entry", 40 * width, THREE, TWO)
    x = _residual(builder, x, 32 * width, "stage1.block0")
    x = _residual(builder, x, 25 * width, "stage1.block1")
    return _with_head(builder, x, classes)


def depthwise_network(input_shape: Shape, classes: int) -> Graph:
    """Inverted residuals of expansion 4: of (28, 28, 1) 4.52 M MACs, most of them pointwise."""
    builder = GraphBuilder(input_shape)
    block = InvertedResidual(THREE, 4)
    x = builder.conv(builder.input, "stem", 24, THREE, TWO)
    for number, (channels, stride) in enumerate(((24, ONE), (24, ONE), (40, TWO), (40, ONE), (40, ONE))):
        x = block.lower(builder, x, channels, stride, f"block{number}")
    return _with_head(builder, builder.conv(x, "last", 128), classes)


def _residual(builder: GraphBuilder, x: Tensor, middle: int, slot: str) -> Tensor:
    """Two 3 x 3 convolutions around `middle` channels (He et al. 2016, figure 5, left)."""
    y = builder.conv(x, f"{slot}.first", middle, THREE)
    y = builder.conv(y, f"{slot}.second", x.shape[2], THREE, activation=Activation.NONE)
    return builder.add(x, y, f"{slot}.add", Activation.RELU)


def _with_head(builder: GraphBuilder, x: Tensor, classes: int) -> Graph:
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", classes)
    return builder.build()
