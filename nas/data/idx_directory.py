"""A directory with the usual four idx files: images and labels, for training and for the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData
from nas.data.dataset import Images, Preprocessing, TrainingPart
from nas.data.idx import read_idx, read_idx_shape
from nas.data.labels import RawLabels, distinct_labels, encode_labels, names_of

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
FILE_NAMES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


@dataclass(frozen=True, slots=True)
class IdxDirectory:
    """Four idx files in a directory, each with or without `.gz`.

    `label_names` names the labels 0, 1, ...; without it a class is named by its number.
    """

    path: Path
    label_names: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The directory's own name."""
        return self.path.name

    def __str__(self) -> str:
        """The text that `parse_source` reads back."""
        return str(self.path)

    @property
    def is_mirrorable(self) -> bool:
        """Unknown, hence not assumed."""
        return False

    def training(self) -> TrainingPart:
        """All training images; of the test only the labels and the header are looked at, to fail early.

        Raises:
            BadData: A file is missing or damaged, or the files do not belong together.
        """
        paths = _find_files(self.path)
        pixels = _read_images(paths[TRAIN_IMAGES])
        raw_labels = _read_labels(paths[TRAIN_LABELS], paths[TRAIN_IMAGES])
        known = self._known_labels(raw_labels)
        labels = encode_labels(raw_labels, known, str(paths[TRAIN_LABELS]))
        _check_test(paths, pixels.shape[1:3], known)
        classes = self.label_names or names_of(known)
        preprocessing = Preprocessing("bytes of the idx file, unchanged", colour_mode="grey")
        return TrainingPart(self.name, classes, Images(pixels, labels), preprocessing)

    def test(self) -> Images:
        """All test images.

        Raises:
            BadData: As for training.
        """
        paths = _find_files(self.path)
        known = self._known_labels(_read_labels(paths[TRAIN_LABELS], paths[TRAIN_IMAGES]))
        raw_labels = _read_labels(paths[TEST_LABELS], paths[TEST_IMAGES])
        return Images(
            _read_images(paths[TEST_IMAGES]), encode_labels(raw_labels, known, str(paths[TEST_LABELS]))
        )

    def _known_labels(self, raw_labels: RawLabels) -> RawLabels:
        return distinct_labels(raw_labels) if self.label_names is None else np.arange(len(self.label_names))


def holds_idx_files(directory: Path) -> bool:
    """Whether any of the four files is there, so that this is meant to be a directory of idx files."""
    return any(_find_file(directory, name) is not None for name in FILE_NAMES)


def holds_all_idx_files(directory: Path) -> bool:
    """Whether all four files are there."""
    return all(_find_file(directory, name) is not None for name in FILE_NAMES)


def _find_file(directory: Path, name: str) -> Path | None:
    # Some archives unpack as "train-images.idx3-ubyte".
    dotted = name.replace("-idx", ".idx")
    candidates = (directory / (stem + ending) for stem in (name, dotted) for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _find_files(directory: Path) -> dict[str, Path]:
    found = {name: _find_file(directory, name) for name in FILE_NAMES}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise BadData(
            f"{directory} must hold {', '.join(FILE_NAMES)} (or .gz), but lacks {', '.join(missing)}"
        )
    return {name: path for name, path in found.items() if path is not None}


def _image_shape(path: Path) -> tuple[int, ...]:
    shape = read_idx_shape(path, dimensions=3)
    if 0 in shape:
        raise BadData(
            f"{path} must hold at least one image, but holds {shape[0]} of {shape[1]}x{shape[2]} pixels"
        )
    return shape


def _read_images(path: Path) -> npt.NDArray[np.uint8]:
    return read_idx(path, dimensions=3).reshape(*_image_shape(path), 1)


def _read_labels(labels_path: Path, images_path: Path) -> RawLabels:
    labels = read_idx(labels_path, dimensions=1).astype(np.int64)
    image_count = _image_shape(images_path)[0]
    if len(labels) != image_count:
        raise BadData(
            f"{labels_path} must hold one label per image, but holds {len(labels):,} "
            f"for the {image_count:,} images of {images_path.name}"
        )
    return labels


def _check_test(paths: dict[str, Path], train_size: tuple[int, ...], known: RawLabels) -> None:
    encode_labels(_read_labels(paths[TEST_LABELS], paths[TEST_IMAGES]), known, str(paths[TEST_LABELS]))
    test_size = _image_shape(paths[TEST_IMAGES])[1:]
    if test_size != train_size:
        raise BadData(
            f"test images must have the size of the training images, {train_size[0]}x{train_size[1]}, "
            f"but those of {paths[TEST_IMAGES]} have {test_size[0]}x{test_size[1]}"
        )
