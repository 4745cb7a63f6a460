"""Checks what an .npz file claims to hold by the headers of its arrays alone, before any data is read."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from nas.data.bad_data import BadData


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """Shape and type of an array on disk."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def checked_headers(path: Path) -> dict[str, ArrayHeader]:
    """The headers of x_train and y_train, and of x_test and y_test where the file has them, found fit.

    Raises:
        BadData: The file is no .npz, lacks an array, holds a pickle, or its arrays do not belong together.
    """
    headers = _read_headers(path)
    tested = "x_test" in headers or "y_test" in headers
    needed = ("x_train", "y_train", "x_test", "y_test") if tested else ("x_train", "y_train")
    missing = [key for key in needed if key not in headers]
    if missing:
        found = ", ".join(sorted(headers)) or "no arrays"
        raise BadData(
            f"{path} must hold the arrays {', '.join(needed)}, but lacks {', '.join(missing)}: has {found}"
        )
    for part in ("train", "test") if tested else ("train",):
        _check_part(path, part, headers[f"x_{part}"], headers[f"y_{part}"])
    if tested:
        _check_alike(path, headers["x_train"], headers["x_test"])
    return {key: headers[key] for key in needed}


def _read_headers(path: Path) -> dict[str, ArrayHeader]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _read_header(archive, name, path) for name in members}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise BadData(
            f"{path} must be an .npz file, which is a zip of arrays, but cannot be read: {error}"
        ) from error


def _read_header(archive: zipfile.ZipFile, member: str, path: Path) -> ArrayHeader:
    with archive.open(member) as stream:
        try:
            shape, dtype = _parse_header(stream)
        except ValueError as error:
            raise BadData(
                f"{member} in {path} must be an array in numpy's format, but is not: {error}"
            ) from error
    if dtype.hasobject:
        raise BadData(
            f"{member} in {path} holds Python objects (a pickle), which could run code when read: "
            "save plain numbers or strings, as in numpy.savez(path, x_train=x.astype('float32'), ...)"
        )
    return ArrayHeader(shape, dtype)


def _parse_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        # Version 3.0 is laid out alike; it is for named fields, which are no samples and refused later.
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    return shape, dtype


def _check_part(path: Path, part: str, x: ArrayHeader, y: ArrayHeader) -> None:
    if x.dtype.kind not in "biuf" or len(x.shape) not in (2, 3, 4) or 0 in x.shape:
        raise BadData(
            f"x_{part} in {path} must hold numbers of shape (n, length), (n, height, width) or "
            f"(n, height, width, channels), but holds {x.dtype} of shape {x.shape}"
        )
    if y.shape[:1] != x.shape[:1]:
        raise BadData(
            f"y_{part} in {path} must hold one label for each of the {x.shape[0]:,} samples of x_{part}, "
            f"but has shape {y.shape}"
        )


def _check_alike(path: Path, train: ArrayHeader, test: ArrayHeader) -> None:
    if train.shape[1:] != test.shape[1:]:
        raise BadData(
            f"x_test in {path} must hold samples of the shape of x_train, {train.shape[1:]}, "
            f"but they have {test.shape[1:]}"
        )
    if (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise BadData(
            f"x_train and x_test in {path} must both be uint8 or both not, "
            f"but are {train.dtype} and {test.dtype}"
        )
