"""Trains a weight bank: every step runs one or more sub-networks that fit the budget."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance, Progress
from nas.training.batches import TensorImages, TrainingStream
from nas.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    momentum_of,
    restore_momentum,
    save_checkpoint,
)
from nas.training.curve import CurvePoint
from nas.training.divergence import GRADIENT_NORM, TrainingDiverged
from nas.training.evaluate import evaluate
from nas.training.optimizer import set_learning_rate, sgd
from nas.training.path_gradients import PathGradients, SupernetPath, open_gradients
from nas.training.recalibration import recalibration_batches
from nas.training.schedule import learning_rate
from search_spaces.graph import Graph

Sample = Callable[[random.Random], Graph]
Step = Callable[[PathGradients, random.Random, int], float]
"""Runs the paths of step number n and adds their gradients; gives the mean loss."""

PEAK_RATE = 0.2
WARM_UP = 0.05
PATHS_A_STEP = 4
CHECKPOINT_SECONDS = 60.0
CURVE_POINTS = 20


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a bank is trained on, and how: what runs in a step, in how many processes, and what is watched."""

    stream: TrainingStream
    validation: TensorImages
    step: Step
    watched: Graph
    seed: int
    processes: int = 1


@dataclass(frozen=True, eq=False)
class Training:
    """A bank in training; `curve` grows as it goes, `losses` are those of the steps since its last point."""

    bank: WeightBank
    optimizer: torch.optim.SGD
    progress: Progress
    curve: list[CurvePoint]
    losses: list[float]

    @classmethod
    def begin(cls, bank: WeightBank, allowance: Allowance) -> Training:
        """From fresh weights."""
        return cls(bank, sgd(bank.decayed(), bank.undecayed()), Progress(allowance), [], [])

    @classmethod
    def resume(cls, path: Path, allowance: Allowance) -> Training:
        """From the checkpoint at `path`.

        Raises:
            BadCheckpoint: the file is damaged.
        """
        saved = load_checkpoint(path)
        bank = WeightBank.from_state(saved.weights)
        optimizer = sgd(bank.decayed(), bank.undecayed())
        restore_momentum(optimizer, saved.momentum)
        progress = Progress(allowance, saved.step, saved.seconds)
        return cls(bank, optimizer, progress, saved.curve, saved.losses)

    def save(self, path: Path) -> None:
        """All that `resume` needs."""
        checkpoint = Checkpoint(
            weights=self.bank.state(),
            momentum=momentum_of(self.optimizer),
            step=self.progress.step,
            seconds=self.progress.seconds,
            curve=self.curve,
            losses=self.losses,
        )
        save_checkpoint(checkpoint, path)


def single_path(sample: Sample) -> Step:
    """A few random sub-networks a step, each over a batch of its own (Guo et al. 2020, section 3.1).

    Guo et al. run one; the mean over `PATHS_A_STEP` is less noisy and lets processes work side by side.
    """

    def step(gradients: PathGradients, rng: random.Random, number: int) -> float:
        paths = [SupernetPath(sample(rng), number * PATHS_A_STEP + place) for place in range(PATHS_A_STEP)]
        return statistics.fmean(result.loss for result in gradients.add(paths))

    return step


def sandwich(largest: Graph, smallest: Graph, sample: Sample) -> Step:
    """The largest, two random ones and the smallest a step (Yu & Huang 2019, section 3.1).

    The largest learns from the labels, the others from the largest (section 3.3 there).
    """

    def step(gradients: PathGradients, rng: random.Random, number: int) -> float:
        (first,) = gradients.add([SupernetPath(largest, number)])
        graphs = [sample(rng), sample(rng), smallest]
        gradients.add([SupernetPath(graph, number, first.probabilities) for graph in graphs])
        return first.loss

    return step


def train_supernet(
    training: Training, lesson: Lesson, checkpoint: Path, report: Callable[[Training], None]
) -> None:
    """Trains until the allowance is used; saves `checkpoint` every minute and calls `report` every step.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    progress, saved = training.progress, time.monotonic()
    with open_gradients(training.bank, lesson.stream, lesson.processes) as gradients:
        while progress.fraction < 1.0:
            set_learning_rate(training.optimizer, learning_rate(PEAK_RATE, progress.fraction, WARM_UP))
            training.losses.append(_step(training, lesson, gradients))
            progress.step += 1
            if progress.fraction >= (len(training.curve) + 1) / CURVE_POINTS:
                training.curve.append(_look(training, lesson))
                training.losses.clear()
            report(training)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                training.save(checkpoint)
                saved = time.monotonic()


def _step(training: Training, lesson: Lesson, gradients: PathGradients) -> float:
    number = training.progress.step
    training.optimizer.zero_grad(set_to_none=True)
    loss = lesson.step(gradients, random.Random(f"{lesson.seed}/{number}"), number)
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"supernet training must keep a finite loss, but it is {loss} at step {number}: "
            "check the data for constant images, or try another seed"
        )
    torch.nn.utils.clip_grad_norm_(training.bank.tensors(), GRADIENT_NORM)
    training.optimizer.step()
    return loss


def _look(training: Training, lesson: Lesson) -> CurvePoint:
    size = lesson.watched.input.shape[:2]
    network = fold(lesson.watched, training.bank, recalibration_batches(lesson.stream.images, size))
    score = evaluate(network, lesson.validation, size)
    train_loss = sum(training.losses) / len(training.losses)
    progress = training.progress
    return CurvePoint(progress.seconds, progress.step, train_loss, score.loss, score.accuracy)
