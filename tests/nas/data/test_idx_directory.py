from pathlib import Path

import numpy as np
import pytest

from nas.data.bad_data import BadData
from nas.data.idx_directory import IdxDirectory
from nas.data.load import load_dataset, load_test
from tests.nas.data.samples import IDX_NAMES, idx_bytes, write_idx


@pytest.mark.parametrize("packed", [False, True])
def test_images_and_labels_are_read_packed_or_not(tmp_path: Path, *, packed: bool):
    x_train, y_train, x_test, y_test = write_idx(tmp_path / "shapes", packed=packed)
    part = IdxDirectory(tmp_path / "shapes").training()
    assert (part.name, part.classes) == ("shapes", ("0", "1"))
    assert np.array_equal(part.images.pixels[:, :, :, 0], x_train)
    assert part.images.labels.tolist() == y_train.tolist()
    test = load_test(IdxDirectory(tmp_path / "shapes"), seed=0)
    assert np.array_equal(test.pixels[:, :, :, 0], x_test)
    assert test.labels.tolist() == y_test.tolist()


def test_names_with_a_dot_before_idx_are_found(tmp_path: Path):
    write_idx(tmp_path)
    for name in IDX_NAMES:
        (tmp_path / name).rename(tmp_path / name.replace("-idx", ".idx"))
    assert load_dataset(IdxDirectory(tmp_path), seed=0).shape == (4, 3, 1)


def test_labels_can_be_given_names(tmp_path: Path):
    write_idx(tmp_path)
    assert load_dataset(IdxDirectory(tmp_path, ("round", "square")), seed=0).classes == ("round", "square")


def test_a_label_without_a_name_is_refused(tmp_path: Path):
    write_idx(tmp_path)
    (tmp_path / IDX_NAMES[1]).write_bytes(idx_bytes(np.arange(20) % 3))
    with pytest.raises(BadData, match="holds the label 2, which is none of the classes 0, 1"):
        IdxDirectory(tmp_path, ("round", "square")).training()


def test_a_missing_file_is_named(tmp_path: Path):
    write_idx(tmp_path)
    (tmp_path / IDX_NAMES[3]).unlink()
    with pytest.raises(BadData, match=r"but lacks t10k-labels-idx1-ubyte$"):
        load_dataset(IdxDirectory(tmp_path), seed=0)


@pytest.mark.parametrize(
    ("broken", "array", "message"),
    [
        (1, np.arange(19) % 2, "must hold one label per image, but holds 19 for the 20 images"),
        (3, np.arange(7) % 2, "must hold one label per image, but holds 7 for the 6 images"),
        (3, np.arange(6) % 3, "holds the label 2, which is none of the classes 0, 1"),
        (2, np.zeros((6, 3, 4)), "size of the training images, 4x3, but those of .* have 3x4"),
        (0, np.zeros((0, 4, 3)), "must hold at least one image, but holds 0 of 4x3"),
        (2, np.zeros((0, 4, 3)), "must hold at least one image, but holds 0 of 4x3"),
        (1, np.zeros(20), "holds the label 1, which is none of the classes 0"),
    ],
)
def test_files_that_do_not_belong_together_fail_before_the_search(
    tmp_path: Path, broken: int, array: np.ndarray, message: str
):
    write_idx(tmp_path)
    (tmp_path / IDX_NAMES[broken]).write_bytes(idx_bytes(array))
    with pytest.raises(BadData, match=message):
        load_dataset(IdxDirectory(tmp_path), seed=0)


def test_one_class_alone_is_refused(tmp_path: Path):
    write_idx(tmp_path)
    (tmp_path / IDX_NAMES[1]).write_bytes(idx_bytes(np.zeros(20)))
    (tmp_path / IDX_NAMES[3]).write_bytes(idx_bytes(np.zeros(6)))
    with pytest.raises(BadData, match="must have at least two classes, but has only 0"):
        load_dataset(IdxDirectory(tmp_path), seed=0)
