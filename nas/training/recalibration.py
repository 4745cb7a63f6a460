"""Training images that batch norm is recalibrated on, and that activations' ranges are seen on."""

from __future__ import annotations

from torch import Tensor

from nas.training.batches import TensorImages

FEW_IMAGES = 512
"""For networks that are looked at and left."""
MANY_IMAGES = 4096
"""For networks that are kept."""
BATCH = 128


def recalibration_batches(
    images: TensorImages, size: tuple[int, int], most: int = FEW_IMAGES
) -> list[Tensor]:
    """Batches of one size of the first images, normalized, not augmented.

    An incomplete last batch is left out: statistics are averaged over batches, and a map of one pixel has
    none over a single image.
    """
    count = min(len(images), most)
    if count > BATCH:
        count -= count % BATCH
    return [batch for batch, _ in images.first(count).batches(BATCH, size)]
