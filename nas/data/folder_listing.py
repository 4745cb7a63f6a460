"""Finds the images of a folder and their classes, one sub-folder a class, reading no image yet.

The order is that of the names, hence the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData
from nas.data.split import fixed_test_split

IMAGE_ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pnm")
)
"""Files with another ending (Thumbs.db, notes.txt) are no images and are passed over."""

NO_CLASSES = frozenset(("__MACOSX",))
"""Folders that archivers leave behind; names that begin with a dot are passed over as well."""

TRAIN_NAMES = frozenset(("train", "training"))
VALIDATION_NAMES = frozenset(("val", "valid", "validation"))
TEST_NAMES = frozenset(("test", "testing"))


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """Paths of images and, for each, the number of its class as int64 (n,)."""

    paths: tuple[Path, ...]
    labels: npt.NDArray[np.int64]

    def take(self, indices: npt.NDArray[np.int64]) -> Files:
        """The files at these positions."""
        return Files(tuple(self.paths[index] for index in indices), self.labels[indices])


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The files of each part; `validation` is None where the folder does not set it apart."""

    classes: tuple[str, ...]
    train: Files
    validation: Files | None
    test: Files


def list_folder(folder: Path) -> Listing:
    """The parts that the folder itself names (train, test, val), or else a fixed fifth for the test.

    Raises:
        BadData: There is no class, or only one, a class has no image, or the parts differ in their classes.
    """
    folders = _sub_folders(folder)
    train = _named(folders, TRAIN_NAMES)
    validation, test = _named(folders, VALIDATION_NAMES), _named(folders, TEST_NAMES)
    # A lone "train" may well be a class of vehicles; so may be a "train" that has no sub-folders.
    if train is None or (validation is None and test is None) or not _sub_folders(train):
        return _split(folder, None)
    if test is None:
        return _split(train, validation)
    classes = _class_names(train)
    held_out = None if validation is None else _files(validation, classes)
    return Listing(classes, _files(train, classes), held_out, _files(test, classes))


def _split(folder: Path, validation: Path | None) -> Listing:
    classes = _class_names(folder)
    files = _files(folder, classes)
    kept, test = fixed_test_split(files.labels, classes)
    held_out = None if validation is None else _files(validation, classes)
    return Listing(classes, files.take(kept), held_out, files.take(test))


def _sub_folders(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise BadData(f"{folder} must be a folder that can be read ({error.strerror})") from error
    return [path for path in entries if path.is_dir() and _counts(path)]


def _counts(path: Path) -> bool:
    return not path.name.startswith(".") and path.name not in NO_CLASSES


def _named(folders: list[Path], names: frozenset[str]) -> Path | None:
    return next((folder for folder in folders if folder.name.lower() in names), None)


def _class_names(folder: Path) -> tuple[str, ...]:
    classes = tuple(path.name for path in _sub_folders(folder))
    if len(classes) < 2:
        found = f"only {classes[0]!r}" if classes else "none"
        raise BadData(f"{folder} must hold at least two sub-folders, one a class, but holds {found}")
    return classes


def _files(folder: Path, classes: tuple[str, ...]) -> Files:
    found = tuple(path.name for path in _sub_folders(folder))
    if found != classes:
        differing = sorted(set(found) ^ set(classes))
        raise BadData(
            f"{folder} must hold the same class folders as the training part, "
            f"but these are in one of the two only: {', '.join(differing)}"
        )
    by_class = [_images_below(folder / name) for name in classes]
    labels = np.repeat(np.arange(len(classes), dtype=np.int64), [len(paths) for paths in by_class])
    return Files(tuple(path for paths in by_class for path in paths), labels)


def _images_below(class_folder: Path) -> list[Path]:
    relative = (path.relative_to(class_folder) for path in class_folder.rglob("*"))
    names = sorted(path.as_posix() for path in relative if _is_image(class_folder, path))
    if not names:
        raise BadData(
            f"class folder {class_folder} holds no image ({', '.join(sorted(IMAGE_ENDINGS))}): "
            "add images to it or remove it"
        )
    return [class_folder / name for name in names]


def _is_image(class_folder: Path, relative: Path) -> bool:
    hidden = any(part.startswith(".") or part in NO_CLASSES for part in relative.parts)
    return not hidden and relative.suffix.lower() in IMAGE_ENDINGS and (class_folder / relative).is_file()
