from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from constraints.target import load_target
from nas.baseline.accuracy import Accuracy, accuracy_of
from nas.baseline.point import baseline_point
from nas.baseline.read import BadBaseline, Baseline, read_baseline
from nas.data.dataset import Images, Normalization
from nas.networks.integer import run_integer
from nas.report.data import Known
from nas.tflite_file.read import read_model
from nas.verify.tflm import record_arena
from tests.nas.baseline.models import digits_file, digits_network
from tests.nas.tflite_file.foreign_models import classifier

NORMALIZATION = Normalization(mean_byte=40, deviation_bytes=80.0)


def _baseline(data: bytes) -> Baseline:
    return Baseline("rival.tflite", data, read_model(data))


def _images(size: int = 8) -> Images:
    rng = np.random.default_rng(1)
    level = rng.integers(0, 200, (60, 1, 1, 1))
    pixels = (level + rng.integers(0, 56, (60, size, size, 1))).astype(np.uint8)
    return Images(pixels, rng.integers(0, 10, 60))


def test_accuracy_is_that_of_the_integers_it_computes() -> None:
    images = _images()
    codes = (images.pixels.astype(np.int16) - 128).astype(np.int8)
    classes = run_integer(digits_network(), codes).argmax(1)
    mixed = Images(images.pixels, np.where(np.arange(60) < 45, classes, (classes + 1) % 10))
    told = accuracy_of(_baseline(digits_file()), mixed, 10, NORMALIZATION)
    assert told == Accuracy(0.75, "60 test images fed as pixels from 0 to 1")


@pytest.mark.parametrize(
    ("data", "size", "note"),
    [
        (digits_file(), 9, "its input is 8 x 8 x 1, the images are 9 x 9 x 1"),
        (digits_file(classes=4), 8, "it has 4 outputs (int8), the data have 10 classes"),
    ],
)
def test_a_model_of_other_shapes_is_not_asked(data: bytes, size: int, note: str) -> None:
    assert accuracy_of(_baseline(data), _images(size), 10, NORMALIZATION) == Accuracy(None, note)


def test_a_model_whose_codes_are_not_understood_is_not_asked() -> None:
    """Scale 0.05 and zero point 0 stand for -6.4 to 6.35."""
    images = Images(np.zeros((2, 21, 21, 3), dtype=np.uint8), np.zeros(2, dtype=np.int64))
    told = accuracy_of(_baseline(classifier().write()), images, 5, NORMALIZATION)
    assert told.fraction is None
    assert told.note == "what its input codes stand for is not known (scale 0.05, zero point 0)"


def test_sizes_are_recorded_and_time_is_the_target_s() -> None:
    data = digits_file()
    recorded = record_arena(data)
    point = baseline_point(_baseline(data), load_target("cortex_m4"), Accuracy(0.5, "so"))
    # 8 x 8 in, 4 x 4 x 6 out, and two columns of 3 x 3 values, filled up to 12, as int16: 48 B. Then
    # 96 B in, 4 x 4 x 12 out, and two columns of 54 values, filled up to 56: 224 B.
    assert recorded.head_bytes == 96 + 192
    assert point.activations_bytes == Known(96 + 192 + 224, None)
    assert point.arena_bytes.measured is None
    assert point.host_arena_bytes is not None
    assert abs(point.host_arena_bytes - recorded.total_bytes) < 512
    assert point.flash_bytes == len(data)
    # 4 x 4 positions: 6 channels of 9 products, 12 channels of 54; then 12 x 10.
    assert point.macs == 16 * 6 * 9 + 16 * 12 * 54 + 120
    assert point.latency_ms is not None
    assert point.latency_ms > 0
    assert point.notes == ("so",)


def test_a_file_that_is_no_model_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "rival.tflite"
    path.write_bytes(digits_file()[:500])
    with pytest.raises(BadBaseline, match=r"^baseline .*rival\.tflite: the file is cut short or damaged"):
        read_baseline(path)


def test_on_the_kernels_of_this_computer_the_recorded_head_counts() -> None:
    point = baseline_point(_baseline(digits_file()), load_target("host"), Accuracy(None, "why"))
    assert point.activations_bytes == Known(288, 288)
    assert (point.latency_ms, point.host_arena_bytes) == (None, None)
    assert point.notes == ("no accuracy: why",)
