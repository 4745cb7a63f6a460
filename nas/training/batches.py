"""Training batches from memory: a batch at a time, each a function of the seed and the step alone.

Images are held as uint8 (n, height, width, channels); batches come as float32 (batch, channels, height,
width), normalized and channels-last in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nas.data.dataset import Images, Normalization
from nas.training.soft_labels import SoftLabels
from search_spaces.graph import Pair


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random shifts of up to `shift` pixels along the height and width, and mirror images where `flip`."""

    shift: Pair
    flip: bool


NO_AUGMENTATION = Augmentation((0, 0), flip=False)


@dataclass(frozen=True, eq=False)
class TensorImages:
    """Images and labels as tensors, with the normalization that they are fed through."""

    pixels: Tensor
    labels: Tensor
    normalization: Normalization

    @classmethod
    def of(cls, images: Images, normalization: Normalization) -> TensorImages:
        """The same images as tensors."""
        return cls(torch.from_numpy(images.pixels), torch.from_numpy(images.labels), normalization)

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> TensorImages:
        """The first `count` of them."""
        return TensorImages(self.pixels[:count], self.labels[:count], self.normalization)

    def batches(self, batch_size: int, size: Pair) -> Iterator[tuple[Tensor, Tensor]]:
        """All images in order, resized to (height, width) = `size`, with their labels."""
        for start in range(0, len(self), batch_size):
            pixels = self.pixels[start : start + batch_size]
            yield normalized(pixels, self.normalization, size), self.labels[start : start + batch_size]


def resize(pixels: Tensor, size: Pair) -> Tensor:
    """uint8 images (n, height, width, channels) averaged down to `size`, in whole bytes."""
    if tuple(pixels.shape[1:3]) == tuple(size):
        return pixels
    # Sums by matrix products: a seventh of the time of `interpolate(mode="area")`, and the same to the last
    # bit, since they are whole numbers and exact.
    rows, columns = (_windows(*extents) for extents in zip(pixels.shape[1:3], size, strict=True))
    sums = rows @ (pixels.permute(0, 3, 1, 2).float() @ columns.T)
    means = sums.div_(rows.sum(1)[:, None]).div_(columns.sum(1))
    return means.round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _windows(before: int, after: int) -> Tensor:
    """(after, before): 1 where a place of the larger axis is averaged into one of the smaller, else 0."""
    place, source = torch.arange(after)[:, None], torch.arange(before)
    begins = source >= place * before // after
    return (begins & (source * after < (place + 1) * before)).float()


def normalized(pixels: Tensor, normalization: Normalization, size: Pair) -> Tensor:
    """uint8 (n, height, width, channels) to what a network trains on."""
    values = resize(pixels, size).permute(0, 3, 1, 2).float()
    return values.sub_(normalization.mean_byte).div_(normalization.deviation_bytes)


@dataclass(frozen=True, slots=True)
class Moves:
    """How each of some images is augmented: rows and columns that its window is moved by, and mirroring."""

    top: Tensor
    left: Tensor
    mirrored: Tensor

    @classmethod
    def drawn(cls, count: int, augmentation: Augmentation, rng: np.random.Generator) -> Moves:
        """At random, for `count` images."""
        top, left = (torch.from_numpy(rng.integers(0, 2 * most + 1, count)) for most in augmentation.shift)
        return cls(top, left, torch.from_numpy(rng.random(count) < 0.5 * augmentation.flip))

    def of(self, chosen: Tensor) -> Moves:
        """Those of the images at `chosen`."""
        return Moves(self.top[chosen], self.left[chosen], self.mirrored[chosen])


@dataclass(frozen=True, eq=False)
class TrainingStream:
    """Shuffled, augmented batches without an end; `precision` is what networks are trained in on them.

    With `soft` labels, the epochs go round the views that those are for: then labels are the probabilities
    of the classes, (batch, classes), else their numbers, (batch,).
    """

    images: TensorImages
    augmentation: Augmentation
    batch_size: int
    seed: int
    precision: torch.dtype = torch.float32
    soft: SoftLabels | None = None

    @property
    def steps_an_epoch(self) -> int:
        """Batches until every image has been seen once; the incomplete last one is left out."""
        return max(1, len(self.images) // self.batch_size)

    def indices(self, step: int) -> Tensor:
        """Which images batch number `step` holds."""
        epoch, place = divmod(step, self.steps_an_epoch)
        order = _order(len(self.images), self.seed, epoch)
        return order[place * self.batch_size : (place + 1) * self.batch_size]

    def batch(self, step: int, size: Pair) -> tuple[Tensor, Tensor]:
        """Batch number `step` at (height, width) = `size`, and its labels."""
        chosen = self.indices(step)
        if self.soft is not None:
            number = step // self.steps_an_epoch % self.soft.views
            return self.view(number, self.soft.seed, chosen, size), self.soft.of(number, chosen)
        rng = np.random.default_rng((self.seed, step, 1))
        moves = Moves.drawn(len(chosen), self.augmentation, rng)
        return self._moved(chosen, moves, size), self.images.labels[chosen]

    def view(self, number: int, seed: int, chosen: Tensor, size: Pair) -> Tensor:
        """The images at `chosen`, each augmented as it always is in that view."""
        moves = _moves_of_view(len(self.images), self.augmentation, number, seed)
        return self._moved(chosen, moves.of(chosen), size)

    def _moved(self, chosen: Tensor, moves: Moves, size: Pair) -> Tensor:
        pixels = augment(self.images.pixels[chosen], self.augmentation, self.images.normalization, moves)
        return normalized(pixels, self.images.normalization, size)


@lru_cache(maxsize=4)
def _order(count: int, seed: int, epoch: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng((seed, epoch, 0)).permutation(count))


@lru_cache(maxsize=4)
def _moves_of_view(count: int, augmentation: Augmentation, number: int, seed: int) -> Moves:
    return Moves.drawn(count, augmentation, np.random.default_rng((seed, number, 2)))


def augment(pixels: Tensor, augmentation: Augmentation, normalization: Normalization, moves: Moves) -> Tensor:
    """Shifted and mirrored copies; what a shift uncovers is the mean byte, which is zero to the network."""
    count, height, width, _ = pixels.shape
    down, right = augmentation.shift
    if (down, right) != (0, 0):
        pixels = functional.pad(pixels, (0, 0, right, right, down, down), value=normalization.mean_byte)
    # All windows, (count, tops, lefts, height, width, channels), are views of the same pixels.
    windows = pixels.unfold(1, height, 1).unfold(2, width, 1).permute(0, 1, 2, 4, 5, 3)
    moved = windows[torch.arange(count), moves.top, moves.left]
    if augmentation.flip:
        moved = torch.where(moves.mirrored[:, None, None, None], moved.flip(2), moved)
    return moved
