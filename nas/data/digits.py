"""The 1,797 handwritten digits, 8x8 pixels, that travel with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nas.data.dataset import Images, Preprocessing, TrainingPart
from nas.data.scaling import scale_to_bytes
from nas.data.split import fixed_test_split

HIGHEST_VALUE = 16
"""Each pixel counts the set points of a 4x4 block (UCI: Optical Recognition of Handwritten Digits)."""

CLASSES = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True, slots=True)
class Digits:
    """Real digits that need no download; a fixed fifth of them is the test set."""

    @property
    def name(self) -> str:
        """The name that a study gives."""
        return "digits"

    def __str__(self) -> str:
        """The text that `parse_source` reads back."""
        return self.name

    @property
    def is_mirrorable(self) -> bool:
        """A mirrored digit is another sign, or none."""
        return False

    def training(self) -> TrainingPart:
        """The four fifths that are not the test set."""
        images = _all_images()
        kept, _ = fixed_test_split(images.labels, CLASSES)
        preprocessing = Preprocessing(
            "whole values 0..16 spread over 0..255", low=0.0, high=float(HIGHEST_VALUE), colour_mode="grey"
        )
        return TrainingPart(self.name, CLASSES, images.take(kept), preprocessing)

    def test(self) -> Images:
        """The fixed fifth."""
        images = _all_images()
        _, held_out = fixed_test_split(images.labels, CLASSES)
        return images.take(held_out)


def _all_images() -> Images:
    # Imported here: scikit-learn takes over a second, and only this source needs it.
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    square = np.asarray(pixels).reshape(-1, 8, 8, 1)
    return Images(scale_to_bytes(square, 0.0, HIGHEST_VALUE), np.asarray(labels).astype(np.int64))
