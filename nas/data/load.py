"""Loads what a search may see, and apart from it, once and at the end, the test images."""

from __future__ import annotations

import numpy as np

from nas.data.bad_data import BadData
from nas.data.dataset import Dataset, Images
from nas.data.source import DataSource
from nas.data.split import stratified_split


def load_dataset(source: DataSource, seed: int, validation_fraction: float = 0.1) -> Dataset:
    """Training and validation images; the seed decides which are which unless the source itself does.

    Both are in an order of chance: a part of them, such as the first thousand, has its share of all classes.

    Raises:
        BadData: The data are missing, damaged or unfit.
        ValueError: The fraction is not between 0 and 1, or the seed is negative.
    """
    part = source.training()
    if len(part.classes) < 2:
        raise BadData(f"data {source} must have at least two classes, but has only {', '.join(part.classes)}")
    rng = np.random.default_rng(seed)
    if part.validation is not None:
        train, validation = part.images, part.validation
        kept, held_out = np.arange(len(train)), np.arange(len(validation))
    else:
        train = validation = part.images
        kept, held_out = stratified_split(part.images.labels, validation_fraction, rng, part.classes)
    mixed = train.take(rng.permutation(kept)), validation.take(rng.permutation(held_out))
    return Dataset(part.name, part.classes, *mixed, part.preprocessing)


def load_test(source: DataSource, seed: int) -> Images:  # noqa: ARG001 - the seed is refused its say, see below
    """The test images; for finalists alone, once, when nothing is left to be chosen.

    The seed of the search is taken and changes nothing: which images are the test must not depend on it.

    Raises:
        BadData: The data are missing, damaged or unfit.
    """
    return source.test()
