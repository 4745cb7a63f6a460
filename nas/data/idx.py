"""Reads idx files, the format of MNIST, compressed by gzip or not.

Layout: two zero bytes, a byte for the type (0x08: unsigned byte), a byte for the number of dimensions, the
dimensions as big-endian 32-bit numbers, then the data (LeCun, "The MNIST database of handwritten digits",
section "File formats").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08


def read_idx_shape(path: Path, dimensions: int) -> tuple[int, ...]:
    """The shape that the header states, reading nothing but the header.

    Raises:
        BadData: The file cannot be read or is no idx file of bytes with this many dimensions.
    """
    return _shape_of(_read(path, 4 + 4 * dimensions), path, dimensions)


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The array in the file.

    Raises:
        BadData: As for the header, or the file holds fewer or more bytes than its header states.
    """
    raw = _read(path, -1)
    shape = _shape_of(raw, path, dimensions)
    start, stated = 4 + 4 * dimensions, math.prod(shape)
    if len(raw) - start != stated:
        raise BadData(
            f"{path} must hold {stated:,} bytes of data as its header states, "
            f"but holds {len(raw) - start:,}: it is cut short or damaged, get it again"
        )
    # A copy, because an array over bytes is read-only and torch refuses to share it without a warning.
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape).copy()


def _read(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as stream:
            compressed = stream.read(2) == GZIP_MAGIC
            stream.seek(0)
            if not compressed:
                return stream.read(count)
            if count < 0:
                return gzip.decompress(stream.read())
            with gzip.open(stream) as unpacked:
                return cast("BinaryIO", unpacked).read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{path} cannot be read ({error}): it is cut short or damaged, get it again") from error


def _shape_of(raw: bytes, path: Path, dimensions: int) -> tuple[int, ...]:
    expected = bytes((0, 0, UNSIGNED_BYTE, dimensions))
    if raw[:4] != expected:
        raise BadData(
            f"{path} must begin with the bytes {expected.hex(' ')} "
            f"(idx, unsigned bytes, {dimensions} dimensions), "
            f"but begins with {raw[:4].hex(' ') or 'nothing'}: it is another kind of file"
        )
    if len(raw) < 4 + 4 * dimensions:
        raise BadData(f"{path} ends within its header: it is cut short, get it again")
    return struct.unpack(f">{dimensions}I", raw[4 : 4 + 4 * dimensions])
