"""Reads one image file: its size and colours from the header, or its pixels at a wanted size."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from nas.data.bad_data import BadData

GREY_MODES = frozenset(("1", "L", "LA", "La", "I;16", "I;16L", "I;16B"))
UNBOUNDED_MODES = frozenset(("I", "F"))
"""Pixels of 32 bits, whose black and white no header states."""

Size = tuple[int, int]


def inspect(path: Path) -> tuple[Size, bool]:
    """The (height, width) that the header states, and whether it states grey.

    Raises:
        BadData: The file is no image, or has pixels of 32 bits.
    """
    with _opened(path) as image:
        return (image.height, image.width), image.mode in GREY_MODES


def read_pixels(path: Path, size: Size, colour_mode: str) -> npt.NDArray[np.uint8]:
    """The picture, upright, stretched to (height, width): uint8 (height, width, channels).

    Raises:
        BadData: The file is damaged.
    """
    height, width = size
    with _opened(path) as image:
        # A JPEG file can be decoded at a half, a quarter or an eighth: far faster for a photograph.
        image.draft(None, (2 * width, 2 * height))
        upright = ImageOps.exif_transpose(_eight_bits(image))
        coloured = upright.convert("L" if colour_mode == "grey" else "RGB")
        resized = coloured.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.uint8).reshape(height, width, -1)


def _eight_bits(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I;16"):
        return image
    # `convert` would clip 16 bits at 255 instead of scaling them.
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def _refuse_unbounded(image: Image.Image, path: Path) -> None:
    if image.mode in UNBOUNDED_MODES:
        raise BadData(f"{path} must have pixels of 8 or 16 bits, but has 32: convert it")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of large pictures; what counts is whether the pixels come out.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                _refuse_unbounded(image, path)
                yield image
    except BadData:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        # Pillow's own message for an unknown file names the path a second time.
        reason = "no image format known" if isinstance(error, Image.UnidentifiedImageError) else error
        raise BadData(f"image file {path} is damaged ({reason}): replace or remove it") from error
