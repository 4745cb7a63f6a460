"""Trains a weight bank: every step runs one or more sub-networks that fit the budget."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.execute import run_graph
from nas.networks.folded import fold
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.allowance import Allowance, Progress, learning_rate
from nas.training.batches import TensorImages, TrainingStream
from nas.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    momentum_of,
    restore_momentum,
    save_checkpoint,
)
from nas.training.evaluate import evaluate
from nas.training.optimizer import set_learning_rate, sgd
from search_spaces.graph import Graph

Paths = Callable[[random.Random], Sequence[Graph]]

PEAK_RATE = 0.2
WARM_UP = 0.05
LABEL_SMOOTHING = 0.05
GRADIENT_NORM = 5.0
CHECKPOINT_SECONDS = 60.0
CURVE_POINTS = 20
RECALIBRATION_IMAGES = 512
RECALIBRATION_BATCH = 128


class TrainingDiverged(ValueError):
    """The loss is no longer a number."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Where training stood: mean loss since the point before, and the watched network's validation scores."""

    seconds: float
    step: int
    train_loss: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a bank is trained on: the batches, which sub-networks run in a step, and which one is watched."""

    stream: TrainingStream
    validation: TensorImages
    paths: Paths
    watched: Graph
    seed: int


@dataclass(frozen=True, eq=False)
class Training:
    """A bank in training; `curve` grows as it goes."""

    bank: WeightBank
    optimizer: torch.optim.SGD
    progress: Progress
    curve: list[CurvePoint]

    @classmethod
    def begin(cls, bank: WeightBank, allowance: Allowance) -> Training:
        """From fresh weights."""
        return cls(bank, sgd(bank.decayed(), bank.undecayed()), Progress(allowance), [])

    @classmethod
    def resume(cls, path: Path, allowance: Allowance) -> Training:
        """From the checkpoint at `path`."""
        saved = load_checkpoint(path)
        bank = WeightBank.from_state(saved.weights)
        optimizer = sgd(bank.decayed(), bank.undecayed())
        restore_momentum(optimizer, saved.momentum)
        curve = [CurvePoint(*row) for row in saved.curve]
        return cls(bank, optimizer, Progress(allowance, saved.step, saved.seconds), curve)

    def save(self, path: Path) -> None:
        """All that `resume` needs."""
        rows = [(p.seconds, p.step, p.train_loss, p.val_loss, p.val_accuracy) for p in self.curve]
        momentum = momentum_of(self.optimizer)
        save_checkpoint(
            Checkpoint(self.bank.state(), momentum, self.progress.step, self.progress.seconds, rows), path
        )


def single_path(sample: Callable[[random.Random], Graph]) -> Paths:
    """One random sub-network a step (Guo et al. 2020, Single path one-shot, section 3.1)."""
    return lambda rng: [sample(rng)]


def sandwich(largest: Graph, smallest: Graph, sample: Callable[[random.Random], Graph]) -> Paths:
    """The largest, two random ones and the smallest a step (Yu & Huang 2019, section 3.1)."""
    return lambda rng: [largest, sample(rng), sample(rng), smallest]


def train_supernet(
    training: Training, lesson: Lesson, checkpoint: Path, report: Callable[[Training], None]
) -> None:
    """Trains until the allowance is used; saves `checkpoint` every minute and calls `report` every step.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    progress, losses, saved = training.progress, [], time.monotonic()
    while progress.fraction < 1.0:
        set_learning_rate(training.optimizer, learning_rate(PEAK_RATE, progress.fraction, WARM_UP))
        losses.append(_step(training, lesson))
        progress.step += 1
        if progress.fraction >= (len(training.curve) + 1) / CURVE_POINTS:
            training.curve.append(_look(training, lesson, losses))
            losses = []
        report(training)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            training.save(checkpoint)
            saved = time.monotonic()


def _step(training: Training, lesson: Lesson) -> float:
    """One step over all of its paths; the first learns from the labels, the others from the first.

    Source of the latter: Yu & Huang 2019, Universally slimmable networks, section 3.3 (in-place distillation).
    """
    step = training.progress.step
    graphs = lesson.paths(random.Random(f"{lesson.seed}/{step}"))
    training.optimizer.zero_grad(set_to_none=True)
    compute = BatchNormed(training.bank)
    teacher: Tensor | None = None
    first_loss = math.nan
    for graph in graphs:
        images, labels = lesson.stream.batch(step, graph.input.shape[:2])
        logits = run_graph(graph, images, compute)
        if teacher is None:
            loss = functional.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
            teacher, first_loss = logits.detach().softmax(1), loss.item()
        else:
            loss = functional.cross_entropy(logits, teacher)
        loss.backward()
    if not math.isfinite(first_loss):
        raise TrainingDiverged(
            f"supernet training must keep a finite loss, but it is {first_loss} at step {step}: "
            "check the data for constant images, or try another seed"
        )
    parameters = [p for group in training.optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
    training.optimizer.step()
    return first_loss


def _look(training: Training, lesson: Lesson, losses: Sequence[float]) -> CurvePoint:
    size = lesson.watched.input.shape[:2]
    network = fold(lesson.watched, training.bank, recalibration_batches(lesson.stream.images, size))
    score = evaluate(network, lesson.validation, size)
    train_loss = sum(losses) / max(1, len(losses))
    progress = training.progress
    return CurvePoint(progress.seconds, progress.step, train_loss, score.loss, score.accuracy)


def recalibration_batches(images: TensorImages, size: tuple[int, int]) -> list[Tensor]:
    """Training images that batch norm is recalibrated on, normalized, not augmented."""
    chosen = images.first(RECALIBRATION_IMAGES)
    return [batch for batch, _ in chosen.batches(RECALIBRATION_BATCH, size)]
