"""What a search learns from: images as bytes, their classes, and how raw samples became those bytes.

Shapes are (height, width, channels) throughout; a signal is an image of width 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData

HISTOGRAM_CHUNK = 1 << 20
"""Pixels counted at once: `np.bincount` widens what it counts to eight bytes a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Pixels as uint8 (n, height, width, channels) and labels as int64 (n,), of equal n and at least one.

    Raises:
        BadData: The arrays have another type, rank or length.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4 or 0 in self.pixels.shape:
            raise BadData(
                "pixels must be uint8 of shape (n, height, width, channels), none of them 0; "
                f"these are {self.pixels.dtype} of shape {self.pixels.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.pixels.shape[:1]:
            raise BadData(
                f"labels must be int64, one for each of the {len(self.pixels)} images; "
                f"these are {self.labels.dtype} of shape {self.labels.shape}"
            )

    def __len__(self) -> int:
        """Number of images."""
        return len(self.pixels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        _, height, width, channels = self.pixels.shape
        return height, width, channels

    def take(self, indices: npt.NDArray[np.int64]) -> Images:
        """A copy of the images at these positions, in this order."""
        return Images(self.pixels[indices], self.labels[indices])


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a raw sample becomes the bytes that the network reads; a device has to do the same.

    `kind` says it in words. `low` and `high` are the raw values that became byte 0 and byte 255, where
    byte = round((x - low) / (high - low) * 255), clipped. `size` is the (height, width) that pictures
    were resized to and `colour_mode` "grey" or "RGB". What does not apply is None.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    size: tuple[int, int] | None = None
    colour_mode: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPart:
    """All that a source gives for training; `validation` only where the source itself sets it apart."""

    name: str
    classes: tuple[str, ...]
    images: Images
    preprocessing: Preprocessing
    validation: Images | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """What a search may see: no test image is in here. Label i is of class `classes[i]`."""

    name: str
    classes: tuple[str, ...]
    train: Images
    validation: Images
    preprocessing: Preprocessing

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        return self.train.shape


@dataclass(frozen=True, slots=True)
class Normalization:
    """A network's input is (byte - mean_byte) / deviation_bytes, the same for every channel.

    One whole mean and one deviation fold into the scale and the zero point of an int8 input tensor, so
    that a device hands over its raw bytes (Jacob et al. 2018, arXiv:1712.05877, equation 1).
    """

    mean_byte: int
    deviation_bytes: float


def normalization(images: Images) -> Normalization:
    """The mean byte, rounded to a whole number in 0..255, and the standard deviation in bytes.

    Both are over all pixels and channels; the deviation is about the mean before rounding. Worked out
    from whole counts, hence the same on every machine.

    Raises:
        BadData: All pixels are equal.
    """
    flat = images.pixels.reshape(-1)
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, flat.size, HISTOGRAM_CHUNK):
        counts += np.bincount(flat[start : start + HISTOGRAM_CHUNK], minlength=256)
    total = sum(byte * int(count) for byte, count in enumerate(counts))
    squares = sum(byte * byte * int(count) for byte, count in enumerate(counts))
    scaled_variance = squares * flat.size - total * total
    if scaled_variance == 0:
        raise BadData(f"training images must differ, but all their pixels have the value {int(flat[0])}")
    return Normalization(round(total / flat.size), math.sqrt(scaled_variance) / flat.size)
