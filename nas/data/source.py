"""Where data come from, as a user names it: a known name, or a path."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Protocol

from nas.data.bad_data import BadData
from nas.data.dataset import Images, TrainingPart
from nas.data.digits import Digits
from nas.data.folder import ImageFolder
from nas.data.idx_directory import IdxDirectory, holds_idx_files
from nas.data.npz import NpzFile
from nas.data.published_idx import FASHION_MNIST, MNIST


class DataSource(Protocol):
    """Gives training images and, apart from them, test images; `str` of it is what `parse_source` reads."""

    @property
    def name(self) -> str:
        """What the data set is called in reports."""
        ...

    @property
    def is_mirrorable(self) -> bool:
        """Whether a mirror image is of the same class."""
        ...

    def training(self) -> TrainingPart:
        """All but the test images."""
        ...

    def test(self) -> Images:
        """The test images, always the same ones."""
        ...


def known_sources() -> tuple[DataSource, ...]:
    """The data sets that a user names by one word."""
    return Digits(), FASHION_MNIST, MNIST


def parse_source(text: str) -> DataSource:
    """The source that a user means: a known name, or the path of an idx directory, image folder or .npz file.

    A folder of images may end in the side to resize to: "my_images@48". A path is made absolute, and `~` is
    the home directory. Nothing is read yet but names.

    Raises:
        BadData: It is no known name and no such path, or a file that is no .npz.
    """
    named = next((source for source in known_sources() if str(source) == text), None)
    if named is not None:
        return named
    path = _absolute(text)
    if text.strip() and path.exists():
        return _source_at(path)
    stem, separator, side = text.rpartition("@")
    if separator and stem and side.isdecimal() and _absolute(stem).is_dir():
        return _sized_folder(_absolute(stem), int(side))
    raise BadData(_unknown(text))


def _absolute(text: str) -> Path:
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, ValueError) as error:
        raise BadData(f"data {text!r} cannot be a path: {error}") from error


def _source_at(path: Path) -> DataSource:
    if path.is_dir():
        return IdxDirectory(path) if holds_idx_files(path) else ImageFolder(path)
    if path.suffix.lower() != ".npz":
        raise BadData(f"data must be a folder or an .npz file, but {path} is a file of another kind")
    return NpzFile(path)


def _sized_folder(path: Path, side: int) -> DataSource:
    if holds_idx_files(path):
        raise BadData(f"a size is for folders of images, but {path} holds idx files: leave out @{side}")
    return ImageFolder(path, side)


def _unknown(text: str) -> str:
    names = [str(source) for source in known_sources()]
    beside = _absolute(text).parent
    # A path with a slip in its last part is as likely as a slip in a name.
    entries = sorted(path.name for path in beside.iterdir()) if text.strip() and beside.is_dir() else []
    nearest = difflib.get_close_matches(text.lower(), names, n=1, cutoff=0.5)
    nearest += [str(beside / name) for name in difflib.get_close_matches(_absolute(text).name, entries, n=1)]
    hint = f"nearest: {', '.join(nearest)}" if nearest else f"give a path or one of {', '.join(names)}"
    return f"data {text!r} is neither a known name nor a path that exists; {hint}"
