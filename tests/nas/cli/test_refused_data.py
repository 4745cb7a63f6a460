import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.nas.command import refused


def _pictures(folder: Path, count: int = 4) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        Image.fromarray(rng.integers(0, 255, (9, 8, 3), dtype=np.uint8)).save(folder / f"{number}.png")


def _empty_class() -> None:
    _pictures(Path("data/cats"))
    Path("data/dogs").mkdir()


def _one_class() -> None:
    _pictures(Path("data/cats"))


def _cut_image() -> None:
    _pictures(Path("data/cats"))
    _pictures(Path("data/dogs"))
    path = Path("data/dogs/2.png")
    path.write_bytes(path.read_bytes()[:100])


def _cut_idx() -> None:
    Path("data").mkdir()
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    for name in names:
        Path(f"data/{name}-ubyte").write_bytes(b"\0\0\x08\x03\0\0")


def _cut_gz() -> None:
    _cut_idx()
    for path in list(Path("data").iterdir()):
        Path(f"{path}.gz").write_bytes(gzip.compress(b"\0" * 999)[:-9])
        path.unlink()


FOLDERS = {
    _empty_class: ("class folder", "dogs holds no image"),
    _one_class: ("must hold at least two sub-folders", "only 'cats'"),
    _cut_image: ("2.png is damaged", "replace or remove it"),
    _cut_idx: ("train-images-idx3-ubyte", "cut short"),
    _cut_gz: ("train-images-idx3-ubyte.gz", "damaged"),
}


@pytest.mark.parametrize("make", FOLDERS)
def test_a_folder_that_cannot_be_learnt_from_is_refused(make: Callable[[], None]) -> None:
    make()
    said = refused("search", "--data", "data/")
    assert all(words in said for words in FOLDERS[make])
    assert not Path("runs").exists()


PIXELS = np.zeros((10, 8, 8), np.uint8)
ARRAYS = {
    "a pickle": ({"x_train": np.array([{}, 1], dtype=object), "y_train": np.arange(2)}, "a pickle"),
    "labels that are too few": (
        {"x_train": np.zeros((10, 8, 8), np.uint8), "y_train": np.arange(9)},
        "one label for",
    ),
    "one class": ({"x_train": np.zeros((10, 8, 8), np.uint8), "y_train": np.zeros(10, int)}, "two classes"),
    "no labels": ({"x_train": np.zeros((10, 8, 8), np.uint8)}, "y_train"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_npz_file_that_cannot_be_learnt_from_is_refused(case: str) -> None:
    arrays, words = ARRAYS[case]
    np.savez("data.npz", allow_pickle=True, **arrays)
    said = refused("search", "--data", "data.npz")
    assert words in said
    assert "data.npz" in said


def test_an_npz_file_that_was_cut_short_is_refused() -> None:
    np.savez("data.npz", x_train=np.zeros((10, 8, 8), np.uint8), y_train=np.arange(10) % 2)
    Path("data.npz").write_bytes(Path("data.npz").read_bytes()[:300])
    assert "data.npz" in refused("search", "--data", "data.npz")
