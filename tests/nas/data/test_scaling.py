import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nas.data.bad_data import BadData
from nas.data.scaling import SAMPLES_AT_ONCE, check_finite, scale_to_bytes


def test_the_lowest_value_becomes_0_and_the_highest_255():
    # (0 - -1) / 2 * 255 = 127.5, to the even 128; (0.5 - -1) / 2 * 255 = 191.25.
    scaled = scale_to_bytes(np.array([[-1.0, 0.0, 0.5, 1.0]]), -1.0, 1.0)
    assert scaled.tolist() == [[0, 128, 191, 255]]
    assert scaled.dtype == np.uint8


def test_values_beyond_those_of_training_are_clipped():
    assert scale_to_bytes(np.array([[-9.0, 9.0]]), 0.0, 1.0).tolist() == [[0, 255]]


def test_more_samples_than_are_scaled_at_once_are_all_scaled():
    values = np.arange(2 * SAMPLES_AT_ONCE + 5).reshape(-1, 1) % 256
    assert scale_to_bytes(values, 0.0, 255.0).tolist() == values.tolist()


@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e6, 1e6, width=32)
    ).filter(lambda values: np.ptp(values) > 1e-3)
)
def test_a_byte_stands_for_its_value_to_within_half_a_step(values: np.ndarray):
    low, high = float(values.min()), float(values.max())
    step = (high - low) / 255
    restored = low + scale_to_bytes(values, low, high) * step
    assert np.abs(restored - values).max() <= step * (0.5 + 1e-9)


@pytest.mark.parametrize("high", [1.0, float("inf")])
def test_a_span_of_nothing_or_of_everything_is_refused(high: float):
    with pytest.raises(BadData, match="training values must differ and span a finite range, but span 1 to"):
        scale_to_bytes(np.array([[1.0]]), 1.0, high)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float):
    with pytest.raises(BadData, match="x_train must hold finite numbers only"):
        check_finite(np.array([[0.0, value, 1.0]]), "x_train")
