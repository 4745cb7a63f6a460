"""Trains one network with weights of its own, in float, with batch norm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.allowance import Allowance, Progress
from nas.training.averaging import WeightAverage
from nas.training.batches import TrainingStream
from nas.training.muon import MuonAndSgd
from nas.training.recipe import RECIPE, Recipe
from nas.training.supernet import GRADIENT_NORM, TrainingDiverged
from search_spaces.graph import Graph

Teacher = Callable[[Tensor], Tensor]
"""Logits of normalized images, (batch, classes)."""


@dataclass(frozen=True, eq=False)
class Loss:
    """What a network is trained to lower: cross-entropy, mixed with a teacher's where there is one."""

    recipe: Recipe
    teacher: Teacher | None = None

    def __call__(self, logits: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """(1 - w) cross-entropy + w T^2 soft cross-entropy (Hinton et al. 2015, section 2)."""
        hard = functional.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        if self.teacher is None:
            return hard
        temperature, weight = self.recipe.temperature, self.recipe.teacher_weight
        with torch.no_grad():
            soft = (self.teacher(images) / temperature).softmax(1)
        return (1.0 - weight) * hard + weight * temperature**2 * functional.cross_entropy(
            logits / temperature, soft
        )


class Optimizer(Protocol):
    """What moves weights along their gradients."""

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        ...

    def step(self) -> object:
        """Moves every tensor that has a gradient."""
        ...


BY_LABELS = Loss(RECIPE)
"""No teacher, as searches train."""


def train_alone(
    graph: Graph,
    bank: WeightBank,
    stream: TrainingStream,
    allowance: Allowance,
    loss: Loss = BY_LABELS,
    watch: Callable[[int], None] | None = None,
) -> int:
    """Trains the weights of `bank` in place and gives the number of steps; `watch` sees each step's number.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    recipe = loss.recipe
    optimizer = MuonAndSgd(bank.decayed(), bank.undecayed(), recipe)
    average = WeightAverage(bank.tensors(), recipe.average) if recipe.average > 0 else None
    compute, progress = BatchNormed(bank), Progress(allowance)
    size = graph.input.shape[:2]
    while (fraction := progress.fraction) < 1.0:
        optimizer.set_part(recipe.schedule(fraction))
        images, labels = stream.batch(progress.step, size)
        logits = run_graph(graph, images.to(stream.precision), compute)
        descend(optimizer, bank.tensors(), loss(logits, images, labels))
        progress.step += 1
        if average is not None:
            average.update()
        if watch is not None:
            watch(progress.step)
    if average is not None:
        average.apply()
    return progress.step


def descend(optimizer: Optimizer, parameters: Sequence[Tensor], loss: Tensor) -> None:
    """One step, the gradient's norm held.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingDiverged(f"training must keep a finite loss, but it is {value}: try another seed")
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
    optimizer.step()
