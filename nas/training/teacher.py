"""Teachers: wide networks, trained on labels alone and then asked about the training images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nas.networks.folded import FoldedNetwork, fold
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.batches import TensorImages, TrainingStream
from nas.training.divergence import TrainingDiverged
from nas.training.evaluate import Score, evaluate
from nas.training.recalibration import MANY_IMAGES, recalibration_batches
from search_spaces.graph import Graph

ASKED_TOGETHER = 128


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained network, its score on validation, in float, and what training it took."""

    network: FoldedNetwork
    score: Score
    steps: int
    seconds: float


def train_teacher(
    stream: TrainingStream, validation: TensorImages, graph: Graph, allowance: Allowance
) -> Teacher | None:
    """A network trained on labels alone, from random weights; None where its loss ceased to be a number."""
    size = graph.input.shape[:2]
    bank = WeightBank.initialized([graph], stream.seed)
    began = time.monotonic()
    try:
        steps = train_alone(graph, bank, stream, allowance)
    except TrainingDiverged:
        return None
    seconds = time.monotonic() - began
    network = fold(graph, bank, recalibration_batches(stream.images, size, MANY_IMAGES))
    return Teacher(network, evaluate(network, validation, size), steps, seconds)


@torch.no_grad()
def soft_labels_of_view(
    stream: TrainingStream, networks: Sequence[FoldedNetwork], view: int, seed: int
) -> Tensor:
    """Probabilities of the classes, (images, classes) of float16, for all training images as a view has them.

    Teachers' logarithms of probabilities are averaged. They compute in the precision of the stream.
    """
    cast = [_in_type(network, stream.precision) for network in networks]
    parts: list[Tensor] = []
    for chosen in torch.arange(len(stream.images)).split(ASKED_TOGETHER):
        seen = {
            size: stream.view(view, seed, chosen, size).to(stream.precision)
            for size in {network.graph.input.shape[:2] for network in cast}
        }
        logits = torch.stack([network(seen[network.graph.input.shape[:2]]).float() for network in cast])
        parts.append(logits.log_softmax(2).mean(0).softmax(1).half())
    return torch.cat(parts)


def _in_type(network: FoldedNetwork, kind: torch.dtype) -> FoldedNetwork:
    """The classifier computes in float32, as it does in training."""
    weights = {
        name: pair if pair[0].ndim == 2 else (pair[0].to(kind), pair[1].to(kind))
        for name, pair in network.weights.items()
    }
    return replace(network, weights=weights)
