"""Trains one network with weights of its own, in float, with batch norm."""

from __future__ import annotations

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
from nas.training.divergence import GRADIENT_NORM, check_finite
from nas.training.muon import MuonAndSgd
from nas.training.recipe import RECIPE, Recipe
from search_spaces.graph import Graph


@dataclass(frozen=True, eq=False)
class Loss:
    """What a network is trained to lower: cross-entropy."""

    recipe: Recipe

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Of classes as numbers, (batch,), which are smoothed, or as probabilities, (batch, classes).

        Those are a teacher's and softened, the logits as well, by a temperature; its square keeps gradients
        as large as they were (Hinton et al. 2015, "Distilling the knowledge in a neural network", section 2).
        """
        if not labels.is_floating_point():
            return functional.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        temperature = self.recipe.temperature
        softened = labels.pow(1.0 / temperature)
        softened = softened / softened.sum(1, keepdim=True)
        return temperature**2 * functional.cross_entropy(logits / temperature, softened)


class Optimizer(Protocol):
    """What moves weights along their gradients."""

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        ...

    def step(self) -> object:
        """Moves every tensor that has a gradient."""
        ...


LOSS = Loss(RECIPE)
"""What searches train with."""


def train_alone(
    graph: Graph,
    bank: WeightBank,
    stream: TrainingStream,
    allowance: Allowance,
    loss: Loss = LOSS,
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
        descend(optimizer, bank.tensors(), loss(logits, labels))
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
    check_finite(loss.item())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
    optimizer.step()
