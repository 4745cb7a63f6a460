"""Real images to train on in a moment: the digits of scikit-learn, and networks small enough for them."""

from __future__ import annotations

from functools import lru_cache

from nas.data.dataset import Dataset, normalization
from nas.data.digits import Digits
from nas.data.load import load_dataset
from nas.training.batches import NO_AUGMENTATION, Augmentation, TensorImages, TrainingStream
from search_spaces.blocks import bottleneck, depthwise_separable, plain_conv
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph
from search_spaces.space import Reduction, SearchSpace, Stage, Stem


@lru_cache(maxsize=1)
def digits() -> Dataset:
    """1,293 training and 144 validation images, 8 x 8."""
    return load_dataset(Digits(), seed=0)


def training_images() -> TensorImages:
    """The digits to train on."""
    return TensorImages.of(digits().train, normalization(digits().train))


def validation_images() -> TensorImages:
    """The digits to validate on."""
    return TensorImages.of(digits().validation, normalization(digits().train))


def stream(
    seed: int = 0, augmentation: Augmentation = NO_AUGMENTATION, batch_size: int = 64
) -> TrainingStream:
    """Batches of digits."""
    return TrainingStream(training_images(), augmentation, batch_size, seed)


def small_space() -> SearchSpace:
    """Two stem widths, two stages, three families: some thousand small networks."""
    return SearchSpace(
        name="small",
        input_channels=1,
        classes=10,
        resolutions=((8, 8),),
        stem=Stem(widths=(4, 8), strides=((1, 1),)),
        stages=(
            Stage(depths=(1, 2), widths=(8, 12), reductions=(Reduction.STRIDE, Reduction.MAX_POOL)),
            Stage(depths=(0, 1, 2), widths=(12, 16), reductions=(Reduction.STRIDE, Reduction.AVERAGE_POOL)),
        ),
        entries=plain_conv.singles([(1, 1), (3, 3)]),
        blocks=(
            *plain_conv.singles([(3, 3)]),
            *depthwise_separable.choices([(3, 3), (5, 5)]),
            *bottleneck.choices([(3, 3)], reductions=(2,)),
        ),
    )


def one_network() -> Graph:
    """A stem, a strided entry, a residual block, pooling of both kinds, and a head."""
    builder = GraphBuilder((8, 8, 1))
    x = builder.conv(builder.input, "stem", 8, (3, 3))
    x = builder.max_pool(x, "max", (2, 2))
    x = builder.conv(x, "entry", 16, (3, 3))
    x = bottleneck.Bottleneck((3, 3), 2).lower(builder, x, 16, (1, 1), "block")
    x = builder.average_pool(x, "mean", (2, 2))
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 10)
    return builder.build()
