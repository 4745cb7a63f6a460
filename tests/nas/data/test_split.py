import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.data.bad_data import BadData
from nas.data.split import fixed_test_split, stratified_split

COUNTS = st.lists(st.integers(2, 40), min_size=1, max_size=6)
FRACTIONS = st.floats(0.01, 0.99)


def labels_of(counts: list[int], seed: int) -> np.ndarray:
    labels = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    return np.random.default_rng(seed).permutation(labels)


def names_of(counts: list[int]) -> tuple[str, ...]:
    return tuple(f"class{label}" for label in range(len(counts)))


@given(COUNTS, FRACTIONS, st.integers(0, 2**32))
def test_every_image_is_on_one_side_and_every_class_on_both(counts: list[int], fraction: float, seed: int):
    labels = labels_of(counts, seed)
    kept, held_out = stratified_split(labels, fraction, np.random.default_rng(seed), names_of(counts))
    assert sorted([*kept.tolist(), *held_out.tolist()]) == list(range(len(labels)))
    assert set(labels[kept].tolist()) == set(labels[held_out].tolist()) == set(range(len(counts)))


@given(COUNTS, FRACTIONS)
def test_a_class_gives_its_share_to_within_one_image(counts: list[int], fraction: float):
    labels = labels_of(counts, 0)
    _, held_out = stratified_split(labels, fraction, np.random.default_rng(0), names_of(counts))
    for label, count in enumerate(counts):
        assert abs(np.count_nonzero(labels[held_out] == label) - count * fraction) <= 1


def test_one_seed_splits_alike_and_another_differently():
    labels = labels_of([50, 50], 1)
    first, again, other = (
        stratified_split(labels, 0.2, np.random.default_rng(seed), ("a", "b"))[1] for seed in (3, 3, 4)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_the_fixed_test_split_holds_out_a_fifth_of_each_class():
    labels = labels_of([50, 100], 1)
    kept, held_out = fixed_test_split(labels, ("a", "b"))
    assert np.bincount(labels[held_out]).tolist() == [10, 20]
    assert np.bincount(labels[kept]).tolist() == [40, 80]


@pytest.mark.parametrize(("count", "said"), [(1, "1 image to split"), (0, "0 images to split")])
def test_a_class_with_too_few_images_to_split_is_named(count: int, said: str):
    labels = np.array([0] * 5 + [1] * count, dtype=np.int64)
    with pytest.raises(BadData, match=f"class 'dog' has {said} where at least 2"):
        stratified_split(labels, 0.5, np.random.default_rng(0), ("cat", "dog"))


def test_the_fixed_test_split_asks_for_an_image_each_for_training_validation_and_test():
    with pytest.raises(BadData, match="class 'b' has 2 images to split where at least 3"):
        fixed_test_split(np.array([0, 0, 0, 1, 1], dtype=np.int64), ("a", "b"))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_a_fraction_that_leaves_one_side_empty_is_refused(fraction: float):
    with pytest.raises(ValueError, match="between 0 and 1"):
        stratified_split(np.zeros(4, np.int64), fraction, np.random.default_rng(0), ("a",))
