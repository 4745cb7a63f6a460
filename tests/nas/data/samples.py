"""Writes small data sets to disk, with nothing of the code that reads them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def idx_arrays() -> tuple[np.ndarray, ...]:
    """20 training and 6 test images of 4x3 pixels, in two classes."""
    rng = np.random.default_rng(7)
    return (
        rng.integers(0, 256, (20, 4, 3)),
        np.arange(20) % 2,
        rng.integers(0, 256, (6, 4, 3)),
        np.arange(6) % 2,
    )


def write_idx(directory: Path, *, packed: bool = False) -> tuple[np.ndarray, ...]:
    directory.mkdir(parents=True, exist_ok=True)
    arrays = idx_arrays()
    for name, array in zip(IDX_NAMES, arrays, strict=True):
        raw = idx_bytes(array)
        path = directory / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    return arrays


def write_image(path: Path, value: int | tuple[int, int, int], width: int = 16, height: int = 16) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(value, int) else "RGB", (width, height), value).save(path)


def write_folder(
    folder: Path, classes: tuple[str, ...] = ("cat", "dog"), count: int = 6, side: int = 16
) -> None:
    """Grey images, each of one value that says which it is: 40 * class + number."""
    for label, name in enumerate(classes):
        for number in range(count):
            write_image(folder / name / f"{number}.png", 40 * label + number, side, side)
