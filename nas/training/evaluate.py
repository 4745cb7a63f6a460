"""Loss and accuracy of a network over a set of images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nas.training.batches import TensorImages
from search_spaces.graph import Pair

EVALUATION_BATCH = 256


@dataclass(frozen=True, slots=True)
class Score:
    """Mean cross-entropy in nats, and the fraction of images classified right."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(network: Callable[[Tensor], Tensor], images: TensorImages, size: Pair) -> Score:
    """Runs `network` over all images, resized to (height, width) = `size`."""
    loss, right = 0.0, 0
    for batch, labels in images.batches(EVALUATION_BATCH, size):
        logits = network(batch)
        loss += functional.cross_entropy(logits, labels, reduction="sum").item()
        right += int((logits.argmax(1) == labels).sum())
    return Score(loss / len(images), right / len(images))
