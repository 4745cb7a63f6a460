import numpy as np
import pytest

from nas.data.bad_data import BadData
from nas.data.labels import distinct_labels, encode_labels, names_of, plain_labels


def test_numbers_need_not_begin_at_zero_nor_follow_each_other():
    raw = np.array([30, 4, 30, 7])
    distinct = distinct_labels(raw)
    assert names_of(distinct) == ("4", "7", "30")
    assert encode_labels(raw, distinct, "y").tolist() == [2, 0, 2, 1]
    assert encode_labels(raw, distinct, "y").dtype == np.int64


@pytest.mark.parametrize("raw", [np.array(["dog", "cat"]), np.array([b"dog", b"cat"])])
def test_strings_become_class_names_in_the_order_of_the_alphabet(raw: np.ndarray):
    plain = plain_labels(raw, "y")
    distinct = distinct_labels(plain)
    assert names_of(distinct) == ("cat", "dog")
    assert encode_labels(plain, distinct, "y").tolist() == [1, 0]


def test_a_column_of_labels_is_flattened():
    assert plain_labels(np.array([[3], [4]]), "y").tolist() == [3, 4]


@pytest.mark.parametrize("raw", [np.eye(3, dtype=np.int64), np.array([0.5, 1.0]), np.array(3)])
def test_one_hot_rows_and_fractions_are_refused(raw: np.ndarray):
    with pytest.raises(BadData, match="y_train must hold one whole number or string per sample"):
        plain_labels(raw, "y_train")


@pytest.mark.parametrize("label", [-1, 2, 9])
def test_a_label_that_training_has_not_is_named(label: int):
    with pytest.raises(
        BadData, match=f"y_test holds the label {label}, which is none of the classes 0, 1, 3"
    ):
        encode_labels(np.array([0, label]), np.array([0, 1, 3]), "y_test")


def test_numbers_for_training_and_strings_for_the_test_are_refused():
    with pytest.raises(BadData, match="labels of the same kind"):
        encode_labels(np.array(["0"]), np.array([0, 1]), "y_test")
