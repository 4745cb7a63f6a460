"""Stratified splits: every class keeps its share, and has at least one image, on both sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData

Indices = npt.NDArray[np.int64]

TEST_FRACTION = 0.2
"""Share set apart for the test where a source names no test images: the usual four to one."""

TEST_SEED = 0
"""Never the seed of a search: searches with different seeds are tested on the same images."""


def stratified_split(
    labels: Indices,
    fraction: float,
    rng: np.random.Generator,
    classes: tuple[str, ...],
    least_per_class: int = 2,
) -> tuple[Indices, Indices]:
    """Positions of the images that stay and of those held out, each in ascending order.

    Of a class with n images round(n * fraction) are held out, but at least 1 and at most n - 1.

    Raises:
        BadData: A class has fewer than `least_per_class` images.
        ValueError: The fraction is not between 0 and 1.
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"the fraction to hold out must lie between 0 and 1, not {fraction}")
    counts = np.bincount(labels, minlength=len(classes))
    held_out = np.zeros(len(labels), dtype=np.bool_)
    for label, (name, count) in enumerate(zip(classes, counts.tolist(), strict=True)):
        if count < least_per_class:
            raise BadData(
                f"class {name!r} has {count} image{'' if count == 1 else 's'} to split where at least "
                f"{least_per_class} are needed: add images to it or leave the class out"
            )
        share = min(max(round(count * fraction), 1), count - 1)
        held_out[rng.permutation(np.flatnonzero(labels == label))[:share]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def fixed_test_split(labels: Indices, classes: tuple[str, ...]) -> tuple[Indices, Indices]:
    """Positions for training and for the test, the same whatever the seed of the search.

    Raises:
        BadData: A class has fewer than 3 images: one each for training, validation and test.
    """
    rng = np.random.default_rng(TEST_SEED)
    return stratified_split(labels, TEST_FRACTION, rng, classes, least_per_class=3)
