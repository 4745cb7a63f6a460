"""Trains networks with every change and every seed, and keeps what they reach on validation, in int8.

It is resumable: every result is a row of a file, and what has a row is not trained again.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from nas.files import write_text
from nas.parallel.workers import open_workers
from nas.phases.finalist_training import Assignment
from nas.phases.teachers import Question, answered, train_assigned
from nas.phases.teaching_plan import EPOCHS
from nas.problem import Problem
from nas.training.allowance import Allowance
from nas.training.alone import Loss
from nas.training.batches import TensorImages, TrainingStream
from nas.training.divergence import TrainingDiverged
from nas.training.finalist import FinalistContext, train_finalist
from nas.training.soft_labels import SoftLabels
from search_spaces.graph import Graph
from studies.control_networks import depthwise_network, residual_network
from studies.finalists.changes import CHANGES, Change

KEPT = Path(__file__).with_name("ablation.jsonl")
STEPS = 2500
"""Of 128 images: 5.9 epochs of Fashion-MNIST's 54,000 training images."""
SEEDS = (0, 1)
TEACHER_WIDTH = 3
"""The teachers are the residual network with that many times the channels: 515,928 parameters."""
TEACHERS = 2
VIEWS = 4
TEACHER_SEED = 100


@dataclass(frozen=True, slots=True)
class Reached:
    """What one training came to on validation; `seconds` are those of a thread, the teacher's not counted."""

    network: str
    change: str
    seed: int
    steps: int
    int8_loss: float
    int8_accuracy: float
    float_accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class AblationContext:
    """What all trainings share; the stream's seed is replaced by each one's own."""

    stream: TrainingStream
    validation: TensorImages
    soft: SoftLabels | None


@dataclass(frozen=True, eq=False)
class Job:
    """One training; the change goes by its place, since what it does to batches cannot be sent."""

    network: str
    graph: Graph
    change: int
    seed: int
    steps: int


def networks(problem: Problem) -> dict[str, Graph]:
    """Two of about 4.5 M multiply-accumulates: with plain and with depthwise convolutions."""
    shape, classes = problem.dataset.shape, len(problem.dataset.classes)
    return {"residual": residual_network(shape, classes), "depthwise": depthwise_network(shape, classes)}


def read_ablation(path: Path = KEPT) -> list[Reached]:
    """All rows that are kept."""
    if not path.exists():
        return []
    return [Reached(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def run_ablation(
    problem: Problem,
    graphs: dict[str, Graph],
    workers: str,
    report: Callable[[int, int], None],
    steps: int = STEPS,
    changes: Sequence[Change] = CHANGES,
    path: Path = KEPT,
) -> list[Reached]:
    """Trains what has no row yet, all changes with one seed before the next; gives all rows.

    `steps` are those of batches of the usual size, the tuning in int8 included.
    """
    rows = read_ablation(path)
    have = {(row.network, row.change, row.seed, row.steps) for row in rows}
    jobs = [
        Job(name, graph, place, seed, steps)
        for seed in SEEDS
        for place, change in enumerate(CHANGES)
        for name, graph in graphs.items()
        if change in changes and (name, change.name, seed, steps) not in have
    ]
    soft = _soft_labels(problem, workers) if any(CHANGES[job.change].taught for job in jobs) else None
    context = AblationContext(problem.stream(), problem.validation_images(), soft)
    with open_workers(workers, context) as pool:
        for done, row in enumerate(pool.map(_train, jobs), start=1):
            rows.append(row)
            write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows))
            report(done, len(jobs))
    return rows


def _soft_labels(problem: Problem, workers: str) -> SoftLabels:
    """Of teachers that were trained for as many epochs as a search asks of them.

    Raises:
        TrainingDiverged: the loss of one is no longer a number.
    """
    graph, stream = (
        residual_network(problem.dataset.shape, len(problem.dataset.classes), TEACHER_WIDTH),
        problem.stream(),
    )
    allowance = Allowance(steps=math.ceil(EPOCHS[TEACHER_WIDTH] * stream.steps_an_epoch))
    planned = [Assignment(graph, allowance, TEACHER_SEED + number) for number in range(TEACHERS)]
    with open_workers(workers, FinalistContext(None, stream, problem.validation_images())) as pool:
        teachers = list(pool.map(train_assigned, planned))
        networks = [teacher.network for teacher in teachers if teacher is not None]
        if len(networks) < TEACHERS:
            raise TrainingDiverged("training of the teachers blew up: change TEACHER_SEED")
        questions = [Question(networks, view, TEACHER_SEED) for view in range(VIEWS)]
        return SoftLabels(torch.stack(list(pool.map(answered, questions))), TEACHER_SEED)


def _train(context: AblationContext, job: Job) -> Reached:
    change = CHANGES[job.change]
    stream = change.batches(replace(context.stream, seed=job.seed))
    if change.taught:
        stream = replace(stream, soft=context.soft)
    given = FinalistContext(None, stream, context.validation, Loss(change.recipe))
    began = time.thread_time()
    trained = train_finalist(given, job.graph, Allowance(steps=round(job.steps * change.steps)))
    return Reached(
        job.network,
        change.name,
        job.seed,
        job.steps,
        trained.int8_score.loss,
        trained.int8_score.accuracy,
        trained.float_score.accuracy,
        time.thread_time() - began,
    )
