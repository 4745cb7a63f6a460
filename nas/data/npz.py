"""An .npz file with x_train, y_train and, at will, x_test, y_test: images or signals."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData
from nas.data.dataset import Images, Preprocessing, TrainingPart
from nas.data.labels import RawLabels, distinct_labels, encode_labels, names_of, plain_labels
from nas.data.npz_headers import checked_headers
from nas.data.scaling import check_finite, scale_to_bytes
from nas.data.split import fixed_test_split


@dataclass(frozen=True, slots=True)
class NpzFile:
    """Samples (n, length), (n, height, width) or (n, height, width, channels) in a file of numpy arrays.

    A signal (n, length) becomes (n, length, 1, 1). Bytes (uint8) are kept; other numbers are mapped to bytes
    by the lowest and the highest value of the training samples. Without x_test a fixed fifth is the test.
    """

    path: Path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def __str__(self) -> str:
        """The text that `parse_source` reads back."""
        return str(self.path)

    @property
    def is_mirrorable(self) -> bool:
        """Unknown, hence not assumed."""
        return False

    def training(self) -> TrainingPart:
        """All samples that are not for the test; of the test array only the header and labels are looked at.

        Raises:
            BadData: The file is unfit, see `checked_headers`, or x_train holds NaN or infinity.
        """
        raw = _read_raw(self.path)
        images = Images(_to_bytes(raw.x, raw.preprocessing), raw.labels)
        return TrainingPart(self.name, names_of(raw.distinct), images, raw.preprocessing)

    def test(self) -> Images:
        """The test samples, mapped as the training samples are.

        Raises:
            BadData: As for training; or x_test holds NaN or infinity.
        """
        raw = _read_raw(self.path)
        x = _samples(self.path, "x_test") if raw.test_x is None else raw.test_x
        return Images(_to_bytes(x, raw.preprocessing), raw.test_labels)


@dataclass(frozen=True, slots=True, eq=False)
class _Raw:
    """The file's content before it becomes bytes; `test_x` is None while it rests in an array of its own."""

    x: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    test_x: npt.NDArray[Any] | None
    test_labels: npt.NDArray[np.int64]
    distinct: RawLabels
    preprocessing: Preprocessing


def _read_raw(path: Path) -> _Raw:
    tested = "x_test" in checked_headers(path)
    raw_labels = _labels(path, "y_train")
    distinct = distinct_labels(raw_labels)
    labels = encode_labels(raw_labels, distinct, f"y_train in {path}")
    x = _samples(path, "x_train")
    if tested:
        test_labels = encode_labels(_labels(path, "y_test"), distinct, f"y_test in {path}")
        return _Raw(x, labels, None, test_labels, distinct, _preprocessing(x))
    kept, test = fixed_test_split(labels, names_of(distinct))
    return _Raw(x[kept], labels[kept], x[test], labels[test], distinct, _preprocessing(x[kept]))


def _preprocessing(x: npt.NDArray[Any]) -> Preprocessing:
    if x.dtype == np.uint8:
        return Preprocessing("bytes of the npz file, unchanged")
    low, high = float(x.min()), float(x.max())
    return Preprocessing(
        "numbers mapped to bytes, the lowest of training to 0 and the highest to 255", low, high
    )


def _to_bytes(x: npt.NDArray[Any], preprocessing: Preprocessing) -> npt.NDArray[np.uint8]:
    if preprocessing.low is None or preprocessing.high is None:
        return x
    return scale_to_bytes(x, preprocessing.low, preprocessing.high)


def _samples(path: Path, key: str) -> npt.NDArray[Any]:
    """Samples as (n, height, width, channels), all of them finite."""
    x = _read_array(path, key)
    check_finite(x, f"{key} in {path}")
    if x.ndim == 2:
        return x[:, :, np.newaxis, np.newaxis]
    return x[:, :, :, np.newaxis] if x.ndim == 3 else x


def _labels(path: Path, key: str) -> RawLabels:
    return plain_labels(_read_array(path, key), f"{key} in {path}")


def _read_array(path: Path, key: str) -> npt.NDArray[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive[key]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise BadData(
            f"{key} in {path} cannot be read ({error}): the file is damaged, save it again"
        ) from error
