"""Trains one network with weights of its own, in float, with batch norm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.allowance import Allowance, Progress, learning_rate
from nas.training.batches import TrainingStream
from nas.training.optimizer import set_learning_rate, sgd
from nas.training.path_gradients import LABEL_SMOOTHING
from nas.training.supernet import GRADIENT_NORM, TrainingDiverged
from search_spaces.graph import Graph

PEAK_RATE = 0.25
WARM_UP = 0.1
TEMPERATURE = 2.0
"""Of a teacher's probabilities (Hinton et al. 2015, section 2)."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """Probabilities (n, classes) for the training images; `weight` falls to 0 with the training."""

    probabilities: Tensor
    weight: float


def train_alone(
    graph: Graph,
    bank: WeightBank,
    stream: TrainingStream,
    allowance: Allowance,
    teacher: Teacher | None = None,
    watch: Callable[[int], None] | None = None,
) -> int:
    """Trains the weights of `bank` in place and gives the number of steps; `watch` sees each step's number.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    optimizer = sgd(bank.decayed(), bank.undecayed())
    compute, progress = BatchNormed(bank), Progress(allowance)
    size = graph.input.shape[:2]
    while (fraction := progress.fraction) < 1.0:
        set_learning_rate(optimizer, learning_rate(PEAK_RATE, fraction, WARM_UP))
        images, labels = stream.batch(progress.step, size)
        logits = run_graph(graph, images, compute)
        loss = functional.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
        if teacher is not None:
            soft = teacher.probabilities[stream.indices(progress.step)]
            loss = _distilled(loss, logits, soft, teacher.weight * (1.0 - fraction))
        descend(optimizer, bank.tensors(), loss)
        progress.step += 1
        if watch is not None:
            watch(progress.step)
    return progress.step


def _distilled(hard: Tensor, logits: Tensor, soft: Tensor, weight: float) -> Tensor:
    """(1 - w) cross-entropy + w T^2 soft cross-entropy (Hinton et al. 2015, section 2)."""
    return (1.0 - weight) * hard + weight * TEMPERATURE**2 * functional.cross_entropy(
        logits / TEMPERATURE, soft
    )


def descend(optimizer: torch.optim.SGD, parameters: Sequence[Tensor], loss: Tensor) -> None:
    """One step, the gradient's norm held.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingDiverged(
            f"a finalist's training must keep a finite loss, but it is {value}: try another seed"
        )
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
    optimizer.step()
