import zipfile
from pathlib import Path

import numpy as np
import pytest

from nas.data.bad_data import BadData
from nas.data.load import load_dataset, load_test
from nas.data.npz import NpzFile

LABELS, TEST_LABELS = np.arange(20) % 2, np.arange(6) % 2


def pixels(count: int = 20, shape: tuple[int, ...] = (4, 3)) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "samples.npz"


@pytest.mark.parametrize(("given", "shape"), [((4, 3), (4, 3, 1)), ((4, 3, 2), (4, 3, 2)), ((7,), (7, 1, 1))])
def test_images_signals_and_channels_keep_their_bytes(
    path: Path, given: tuple[int, ...], shape: tuple[int, int, int]
):
    x, x_test = pixels(20, given), pixels(6, given)
    np.savez(path, x_train=x, y_train=LABELS, x_test=x_test, y_test=TEST_LABELS)
    part = NpzFile(path).training()
    assert (part.name, part.classes, part.images.shape) == ("samples", ("0", "1"), shape)
    assert np.array_equal(part.images.pixels.reshape(x.shape), x)
    test = load_test(NpzFile(path), seed=0)
    assert np.array_equal(test.pixels.reshape(x_test.shape), x_test)
    assert test.labels.tolist() == TEST_LABELS.tolist()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
def test_other_numbers_are_mapped_by_the_span_of_training_and_the_test_is_clipped(path: Path, dtype: type):
    x = np.array([[-2, 0], [2, 2]] * 10, dtype=dtype)
    x_test = np.array([[-9, 9], [1, 0]] * 3, dtype=dtype)
    np.savez_compressed(path, x_train=x, y_train=LABELS, x_test=x_test, y_test=TEST_LABELS)
    part = NpzFile(path).training()
    assert (part.preprocessing.low, part.preprocessing.high) == (-2.0, 2.0)
    # (0 + 2) / 4 * 255 = 127.5, to the even 128; (1 + 2) / 4 * 255 = 191.25.
    assert part.images.pixels[:2].reshape(2, 2).tolist() == [[0, 128], [255, 255]]
    assert load_test(NpzFile(path), seed=0).pixels[:2].reshape(2, 2).tolist() == [[0, 255], [191, 128]]


def test_without_a_test_a_fixed_fifth_is_held_out_and_has_no_say_in_the_span(path: Path):
    np.savez(path, x_train=np.arange(20, dtype=np.uint8).reshape(20, 1), y_train=LABELS)
    held_out = load_test(NpzFile(path), seed=0).pixels.ravel().tolist()
    assert len(held_out) == 4
    x = np.linspace(1.0, 3.0, 20).reshape(20, 1)
    x[held_out] = 1000.0
    np.savez(path, x_train=x, y_train=LABELS)
    part = NpzFile(path).training()
    assert len(part.images) == 16
    assert part.preprocessing.high is not None
    assert part.preprocessing.high <= 3.0
    assert load_test(NpzFile(path), seed=9).pixels.ravel().tolist() == [255] * 4


def test_strings_name_the_classes(path: Path):
    names = np.array(["yes", "no"] * 10)
    np.savez(path, x_train=pixels(), y_train=names)
    dataset = load_dataset(NpzFile(path), seed=0)
    assert dataset.classes == ("no", "yes")


def test_a_pickle_is_refused_unopened(path: Path):
    np.savez(path, x_train=pixels(), y_train=np.array([{"a": 1}] * 20, dtype=object))
    with pytest.raises(BadData, match=r"y_train\.npy in .* holds Python objects \(a pickle\)"):
        load_dataset(NpzFile(path), seed=0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": pixels()}, "lacks y_train: has x_train"),
        ({"x": pixels(), "y": LABELS}, "lacks x_train, y_train: has x, y"),
        (
            {"x_train": pixels(), "y_train": LABELS, "x_test": pixels(6)},
            "x_test, y_test, but lacks y_test",
        ),
        ({"x_train": pixels(), "y_train": LABELS[:19]}, "one label for each of the 20 samples of x_train"),
        (
            {"x_train": pixels(), "y_train": LABELS, "x_test": pixels(6), "y_test": LABELS},
            "one label for each of the 6 samples of x_test",
        ),
        (
            {"x_train": pixels(), "y_train": LABELS, "x_test": pixels(6, (3, 4)), "y_test": TEST_LABELS},
            r"shape of x_train, \(4, 3\), but they have \(3, 4\)",
        ),
        (
            {"x_train": pixels(), "y_train": LABELS, "x_test": pixels(6) / 255, "y_test": TEST_LABELS},
            "must both be uint8 or both not, but are uint8 and float64",
        ),
        (
            {"x_train": pixels(), "y_train": LABELS, "x_test": pixels(6), "y_test": np.full(6, 5)},
            "y_test in .* holds the label 5",
        ),
        ({"x_train": pixels(20, ()), "y_train": LABELS}, r"but holds uint8 of shape \(20,\)"),
        ({"x_train": pixels(20, (0,)), "y_train": LABELS}, r"but holds uint8 of shape \(20, 0\)"),
        ({"x_train": np.full((20, 2), 1j), "y_train": LABELS}, "must hold numbers of shape"),
        ({"x_train": pixels(), "y_train": LABELS / 2}, "one whole number or string per sample"),
        ({"x_train": np.full((20, 2), 0.5), "y_train": LABELS}, "training values must differ"),
        ({"x_train": pixels(), "y_train": np.zeros(20, int)}, "at least two classes, but has only 0"),
        ({"x_train": pixels(), "y_train": np.arange(20) // 19}, "class '1' has 1 image to split"),
    ],
)
def test_arrays_that_are_missing_or_unfit_are_named(path: Path, arrays: dict[str, np.ndarray], message: str):
    np.savez(path, allow_pickle=False, **arrays)
    with pytest.raises(BadData, match=message):
        load_dataset(NpzFile(path), seed=0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(path: Path, value: float):
    x = pixels() / 255
    x[3, 2, 1] = value
    np.savez(path, x_train=x, y_train=LABELS)
    with pytest.raises(BadData, match=r"x_train in .* must hold finite numbers only"):
        load_dataset(NpzFile(path), seed=0)
    np.savez(path, x_train=pixels() / 255, y_train=LABELS, x_test=x, y_test=LABELS)
    with pytest.raises(BadData, match=r"x_test in .* must hold finite numbers only"):
        load_test(NpzFile(path), seed=0)


def test_a_zip_of_something_else_is_refused(path: Path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.jpg", b"...")
    with pytest.raises(BadData, match="lacks x_train, y_train: has no arrays"):
        load_dataset(NpzFile(path), seed=0)


def test_a_member_that_only_claims_to_be_an_array_is_refused(path: Path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", b"not an array")
    with pytest.raises(BadData, match=r"x_train\.npy in .* must be an array in numpy's format"):
        load_dataset(NpzFile(path), seed=0)


def test_a_file_that_is_no_zip_is_refused(path: Path):
    path.write_bytes(b"\x80\x04 some pickle")
    with pytest.raises(BadData, match=r"must be an \.npz file, which is a zip of arrays"):
        load_dataset(NpzFile(path), seed=0)


def test_damaged_data_behind_a_sound_header_are_refused(path: Path):
    x = pixels(20, (100, 100))
    np.savez(path, x_train=x, y_train=LABELS)
    raw = bytearray(path.read_bytes())
    raw[raw.find(x.tobytes()) + x.size // 2] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(BadData, match=r"x_train in .* cannot be read .*: the file is damaged"):
        load_dataset(NpzFile(path), seed=0)
