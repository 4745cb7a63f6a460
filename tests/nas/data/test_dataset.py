import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.data.bad_data import BadData
from nas.data.dataset import HISTOGRAM_CHUNK, Images, normalization


def images_of(pixels: np.ndarray) -> Images:
    return Images(pixels.astype(np.uint8), np.zeros(len(pixels), dtype=np.int64))


def test_the_shape_of_images_is_height_width_channels():
    assert images_of(np.zeros((2, 5, 4, 3))).shape == (5, 4, 3)


def test_the_mean_is_a_whole_byte_and_the_deviation_is_about_the_true_mean():
    # Values 0, 0, 0, 10: mean 2.5, rounded half to even 2; variance (3 * 2.5**2 + 7.5**2) / 4 = 18.75.
    measured = normalization(images_of(np.array([0, 0, 0, 10]).reshape(1, 2, 2, 1)))
    assert measured.mean_byte == 2
    assert isinstance(measured.mean_byte, int)
    assert measured.deviation_bytes == pytest.approx(18.75**0.5, rel=1e-15)


@given(st.lists(st.integers(0, 255), min_size=2, max_size=50).filter(lambda values: len(set(values)) > 1))
def test_mean_and_deviation_are_those_of_numpy(values: list[int]):
    measured = normalization(images_of(np.array(values).reshape(1, -1, 1, 1)))
    assert abs(measured.mean_byte - np.mean(values)) <= 0.5
    assert measured.deviation_bytes == pytest.approx(np.std(values), rel=1e-12)


def test_more_pixels_than_are_counted_at_once_are_all_counted():
    pixels = np.zeros((3, HISTOGRAM_CHUNK // 2, 1, 1))
    pixels[2] = 30
    assert normalization(images_of(pixels)).mean_byte == 10


def test_images_that_are_all_of_one_value_cannot_be_normalized():
    with pytest.raises(BadData, match="all their pixels have the value 7"):
        normalization(images_of(np.full((2, 2, 2, 1), 7)))


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (np.zeros((2, 2, 2, 1), np.float32), np.zeros(2, np.int64), "pixels must be uint8"),
        (np.zeros((2, 2, 2), np.uint8), np.zeros(2, np.int64), "pixels must be uint8"),
        (np.zeros((0, 2, 2, 1), np.uint8), np.zeros(0, np.int64), "none of them 0"),
        (np.zeros((2, 2, 2, 1), np.uint8), np.zeros(3, np.int64), "one for each of the 2 images"),
        (np.zeros((2, 2, 2, 1), np.uint8), np.zeros(2, np.int32), "labels must be int64"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(pixels: np.ndarray, labels: np.ndarray, message: str):
    with pytest.raises(BadData, match=message):
        Images(pixels, labels)
