"""A folder of images of any sizes, grey or colour, one sub-folder a class."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nas.data.bad_data import BadData
from nas.data.dataset import Images, Preprocessing, TrainingPart
from nas.data.folder_listing import Files, Listing, list_folder

STEP_PX = 8
"""Default sides are multiples of 8: three halvings leave whole numbers."""

LARGEST_DEFAULT_PX = 96
"""The side that MLPerf Tiny's visual wake words uses (Banbury et al. 2021, arXiv:2106.07597)."""

ALLOWED_PX = range(4, 1025)


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """Pictures are stretched to `size` x `size` pixels; by default to the median side of training.

    The default is rounded to a multiple of 8, at least 8 and at most 96. Colour is kept if any training
    picture has it.

    Raises:
        BadData: `size` is out of 4..1024.
    """

    path: Path
    size: int | None = None

    def __post_init__(self) -> None:
        """Refuse a size that no picture can have."""
        if self.size is not None and self.size not in ALLOWED_PX:
            raise BadData(
                f"image size must be a whole number of pixels in 4..1024, not {self.size}: "
                f"write {self.path}@48"
            )

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    def __str__(self) -> str:
        """The text that `parse_source` reads back."""
        return str(self.path) if self.size is None else f"{self.path}@{self.size}"

    @property
    def is_mirrorable(self) -> bool:
        """Photographs are, as a rule."""
        return True

    def training(self) -> TrainingPart:
        """Training pictures; of the test the headers alone are read, so that a damaged file fails early.

        Raises:
            BadData: The folder has no fit classes, or a file is damaged.
        """
        listing = list_folder(self.path)
        preprocessing = self._preprocessing(listing)
        _inspect_all(listing.test)
        validation = None if listing.validation is None else _read(listing.validation, preprocessing)
        images = _read(listing.train, preprocessing)
        return TrainingPart(self.name, listing.classes, images, preprocessing, validation)

    def test(self) -> Images:
        """Test pictures, resized and coloured as training's are.

        Raises:
            BadData: As for training.
        """
        listing = list_folder(self.path)
        return _read(listing.test, self._preprocessing(listing))

    def _preprocessing(self, listing: Listing) -> Preprocessing:
        median_side, all_grey = _inspect_all(listing.train)
        side = _default_side(median_side) if self.size is None else self.size
        kind = "decoded, turned upright by its EXIF tag, stretched to the size (bilinear, antialiased)"
        return Preprocessing(kind, size=(side, side), colour_mode="grey" if all_grey else "RGB")


def _default_side(median_side: float) -> int:
    return min(max(STEP_PX * int(median_side / STEP_PX + 0.5), STEP_PX), LARGEST_DEFAULT_PX)


def _inspect_all(files: Files) -> tuple[float, bool]:
    # Imported here: naming a source must not cost the time that Pillow takes to load.
    from nas.data.picture import inspect

    headers = [inspect(path) for path in files.paths]
    sides = [side for size, _ in headers for side in size]
    return statistics.median(sides), all(grey for _, grey in headers)


def _read(files: Files, preprocessing: Preprocessing) -> Images:
    from nas.data.picture import read_pixels

    size, colour_mode = preprocessing.size, preprocessing.colour_mode
    assert size is not None
    assert colour_mode is not None
    channels = 1 if colour_mode == "grey" else 3
    pixels = np.empty((len(files.paths), *size, channels), dtype=np.uint8)
    for index, path in enumerate(files.paths):
        pixels[index] = read_pixels(path, size, colour_mode)
    return Images(pixels, files.labels)
