from __future__ import annotations

import numpy as np
import pytest

from nas.baseline.pixels import pixel_reading
from nas.data.dataset import Normalization
from nas.tflite_file.model import FileTensor, Role

SEARCH = Normalization(mean_byte=40, deviation_bytes=80.0)
ALL_BYTES = np.arange(256, dtype=np.uint8)


def _input(scale: float, zero_point: int, kind: str = "INT8") -> FileTensor:
    return FileTensor(0, "input", (1, 8, 8, 1), kind, 64, Role.ACTIVATION, None, (scale,), (zero_point,), 0)


@pytest.mark.parametrize(
    ("scale", "zero_point", "words"),
    [
        (1.0, -128, "bytes 0 to 255"),
        (1 / 255, -128, "pixels from 0 to 1"),
        (0.00390, -128, "pixels from 0 to 1"),  # as calibration on pictures without full white finds it
        (2 / 255, -1, "pixels from -1 to 1"),
        (1.0, 0, "bytes - 128"),
        (1 / 80, 40 - 128, "pixels normalized as in this search"),
    ],
)
def test_the_usual_ways_to_feed_pixels_are_told_by_scale_and_zero_point(
    scale: float, zero_point: int, words: str
) -> None:
    reading = pixel_reading(_input(scale, zero_point), SEARCH)
    assert reading is not None
    assert reading.words == words
    codes = reading.codes(ALL_BYTES, _input(scale, zero_point)).astype(int)
    assert np.abs(codes - (ALL_BYTES.astype(int) - 128)).max() <= 1


@pytest.mark.parametrize(("scale", "zero_point"), [(0.5847, 83), (1 / 128, -128), (1.0, -100), (0.02, 0)])
def test_codes_that_span_nothing_usual_are_not_guessed_at(scale: float, zero_point: int) -> None:
    assert pixel_reading(_input(scale, zero_point), SEARCH) is None


def test_unsigned_codes_are_the_bytes_themselves() -> None:
    tensor = _input(1 / 255, 0, "UINT8")
    reading = pixel_reading(tensor, SEARCH)
    assert reading is not None
    assert (reading.codes(ALL_BYTES, tensor) == ALL_BYTES).all()


def test_floats_are_not_guessed_at() -> None:
    assert pixel_reading(_input(1 / 255, 0, "FLOAT32"), SEARCH) is None
