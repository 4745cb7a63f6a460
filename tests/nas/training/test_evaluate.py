import math

import pytest
import torch

from nas.data.dataset import Normalization
from nas.training.batches import TensorImages
from nas.training.evaluate import EVALUATION_BATCH, evaluate


def test_loss_and_accuracy_are_means_over_all_images_whatever_the_batches():
    count = 2 * EVALUATION_BATCH + 3
    labels = torch.arange(count) % 3
    images = TensorImages(torch.zeros(count, 2, 2, 1, dtype=torch.uint8), labels, Normalization(0, 1.0))
    # Always sure of class 0 by ln 2: probabilities 1/2, 1/4, 1/4.
    score = evaluate(
        lambda batch: torch.tensor([[math.log(2), 0.0, 0.0]]).expand(len(batch), 3), images, (2, 2)
    )
    zeros = int((labels == 0).sum())
    assert score.accuracy == zeros / count
    expected = (zeros * math.log(2) + (count - zeros) * math.log(4)) / count
    assert score.loss == pytest.approx(expected, rel=1e-6)


def test_images_are_brought_to_the_network_s_size():
    images = TensorImages(
        torch.zeros(3, 8, 6, 1, dtype=torch.uint8), torch.zeros(3).long(), Normalization(0, 1.0)
    )
    shapes = list[torch.Size]()

    def network(batch: torch.Tensor) -> torch.Tensor:
        shapes.append(batch.shape)
        return torch.zeros(len(batch), 2)

    evaluate(network, images, (4, 3))
    assert shapes == [(3, 1, 4, 3)]


def test_no_gradients_are_kept():
    weight = torch.ones(2, requires_grad=True)
    images = TensorImages(
        torch.zeros(3, 1, 1, 1, dtype=torch.uint8), torch.zeros(3).long(), Normalization(0, 1.0)
    )
    flags = list[bool]()

    def network(batch: torch.Tensor) -> torch.Tensor:
        logits = weight.expand(len(batch), 2) * 2
        flags.append(logits.requires_grad)
        return logits

    evaluate(network, images, (1, 1))
    assert flags == [False]
