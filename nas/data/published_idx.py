"""Data sets published as four idx files: found where a system package put them, or else downloaded once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from nas.data.dataset import Images, TrainingPart
from nas.data.download import cache_directory, fetch
from nas.data.idx_directory import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    IdxDirectory,
    holds_all_idx_files,
)


@dataclass(frozen=True, slots=True)
class PublishedIdx:
    """A data set known by its name.

    `url` is the address that a file's name is appended to, `checksums` the (file name, MD5) pairs that its
    publisher gives, and `installed` a directory that a system package fills.
    """

    name: str
    label_names: tuple[str, ...]
    url: str
    checksums: tuple[tuple[str, str], ...]
    installed: Path | None = None
    is_mirrorable: bool = False

    def __str__(self) -> str:
        """The text that `parse_source` reads back."""
        return self.name

    def training(self) -> TrainingPart:
        """All training images, downloaded first where that is needed.

        Raises:
            BadData: The download fails, or a file is damaged.
        """
        return replace(self._directory().training(), name=self.name)

    def test(self) -> Images:
        """All test images.

        Raises:
            BadData: As for training.
        """
        return self._directory().test()

    def _directory(self) -> IdxDirectory:
        if self.installed is not None and holds_all_idx_files(self.installed):
            return IdxDirectory(self.installed, self.label_names)
        cached = cache_directory() / self.name
        for file_name, md5 in self.checksums:
            fetch(self.url + file_name, md5, cached / file_name)
        return IdxDirectory(cached, self.label_names)


FASHION_MNIST = PublishedIdx(
    "fashion_mnist",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    (
        (f"{TRAIN_IMAGES}.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        (f"{TRAIN_LABELS}.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        (f"{TEST_IMAGES}.gz", "bef4ecab320f06d8554ea6380940ec79"),
        (f"{TEST_LABELS}.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    installed=Path("/usr/share/datasets/fashion-mnist"),
    is_mirrorable=True,
)
"""Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747.

Classes, files and checksums: README of github.com/zalandoresearch/fashion-mnist, sections "Get the Data" and
"Labels". Installed by Debian's package dataset-fashion-mnist.
"""

MNIST = PublishedIdx(
    "mnist",
    tuple(str(digit) for digit in range(10)),
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    (
        (f"{TRAIN_IMAGES}.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        (f"{TRAIN_LABELS}.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        (f"{TEST_IMAGES}.gz", "9fb629c4189551a2d022fa330f9573f3"),
        (f"{TEST_LABELS}.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ),
)
"""LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition".

Address and checksums: torchvision.datasets.MNIST (`mirrors`, `resources`), the first address there
since the authors' own page stopped serving the files.
"""
