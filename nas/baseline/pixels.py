"""What a foreign model expects of a pixel, as far as the quantization of its input tells.

A file says which real numbers its input codes stand for, and not how pixels become real numbers. Where the
codes span exactly what one of the usual ways makes of the bytes 0 to 255, that way is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.data.dataset import Normalization
from nas.tflite_file.model import FileTensor

TOLERANCE = 0.02
"""How far, as a part of the whole span, an end of the codes may be off: what calibration makes of it."""
LOWEST_CODES = {"INT8": -128, "UINT8": 0}


@dataclass(frozen=True, slots=True)
class PixelReading:
    """A way to feed a pixel: byte 0 stands for the real number `low`, byte 255 for `high`."""

    words: str
    low: float
    high: float

    def codes(self, pixels: NDArray[np.uint8], tensor: FileTensor) -> NDArray[np.generic]:
        """The input codes of pixels, in the tensor's type."""
        lowest = LOWEST_CODES[tensor.type]
        real = self.low + np.arange(256) * (self.high - self.low) / 255
        of_byte = np.clip(
            np.round(real / tensor.scales[0]) + tensor.zero_points[0], lowest, lowest + 255
        ).astype(np.int8 if tensor.type == "INT8" else np.uint8)
        return of_byte[pixels]


def pixel_reading(tensor: FileTensor, normalization: Normalization) -> PixelReading | None:
    """The way whose span is that of the tensor's codes, None where there is none."""
    if tensor.type not in LOWEST_CODES or len(tensor.scales) != 1 or len(tensor.zero_points) != 1:
        return None
    lowest = LOWEST_CODES[tensor.type] - tensor.zero_points[0]
    low, high = tensor.scales[0] * lowest, tensor.scales[0] * (lowest + 255)
    for reading in _usual(normalization):
        allowed = TOLERANCE * (reading.high - reading.low)
        if abs(low - reading.low) <= allowed and abs(high - reading.high) <= allowed:
            return reading
    return None


def _usual(normalization: Normalization) -> Iterator[PixelReading]:
    yield PixelReading("bytes 0 to 255", 0.0, 255.0)
    yield PixelReading("pixels from 0 to 1", 0.0, 1.0)
    yield PixelReading("pixels from -1 to 1", -1.0, 1.0)
    yield PixelReading("bytes - 128", -128.0, 127.0)
    mean, deviation = normalization.mean_byte, normalization.deviation_bytes
    yield PixelReading("pixels normalized as in this search", -mean / deviation, (255 - mean) / deviation)
