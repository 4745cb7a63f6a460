import numpy as np
import pytest
from sklearn.datasets import load_digits

from nas.data.digits import Digits
from nas.data.load import load_dataset, load_test


def test_digits_are_8_by_8_grey_bytes_in_ten_classes():
    dataset = load_dataset(Digits(), seed=0)
    assert dataset.shape == (8, 8, 1)
    assert dataset.classes == tuple("0123456789")
    assert set(np.unique(dataset.train.pixels)) == {round(value * 255 / 16) for value in range(17)}


def test_no_digit_is_lost_and_none_is_both_for_training_and_for_the_test():
    dataset, test = load_dataset(Digits(), seed=0), load_test(Digits(), seed=0)
    raw, _ = load_digits(return_X_y=True)
    parts = [part.pixels.reshape(-1, 64) for part in (dataset.train, dataset.validation, test)]
    together = sorted(map(bytes, np.concatenate(parts)))
    assert together == sorted(map(bytes, np.rint(raw * 255 / 16).astype(np.uint8)))
    assert len(test) == pytest.approx(1797 / 5, abs=5)


def test_the_seed_moves_the_validation_split_and_never_the_test():
    first, other = load_dataset(Digits(), seed=1), load_dataset(Digits(), seed=2)
    assert first.validation.labels.tolist() != other.validation.labels.tolist()
    one, two = load_test(Digits(), seed=1), load_test(Digits(), seed=2)
    assert np.array_equal(one.pixels, two.pixels)
    assert np.array_equal(one.labels, two.labels)
