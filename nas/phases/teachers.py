"""Phase 5: teachers are trained, of the shape of the best networks but wider, and asked about all images."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nas.display import Display
from nas.files import write_bytes
from nas.networks.folded import FoldedNetwork
from nas.phases.finalist_training import Assignment
from nas.problem import Problem
from nas.run_folder import RunFolder, sound
from nas.training.allowance import Allowance
from nas.training.batches import TrainingStream
from nas.training.finalist import FinalistContext
from nas.training.soft_labels import SoftLabels
from nas.training.step_time import step_seconds
from nas.training.teacher import Teacher, soft_labels_of_view, train_teacher
from nas.workers import Workers
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph
from search_spaces.widened import widened

FACTORS = (3, 2)
"""Of the channels: the widest for which there is time."""
LEAST_EPOCHS = 10.0
"""How often a teacher must see every image. Two of 4 and 7 epochs of Fashion-MNIST, together at a loss of
0.224 on validation, taught nothing to a network that comes to that by itself; two of 12 and 21, at 0.200,
did."""
TRAINING_PART = 0.75
"""Of the phase's time; in the rest teachers are asked."""
FORWARD_PART = 0.4
"""Of the time of a training step: looking at a batch without learning from it."""
MOST_VIEWS = 8
VIEWS_IN_STEPS = 2
"""Views where steps decide."""
TABLE_BYTES = 256_000_000
"""What teachers say may fill so much memory."""
REMEDY = "delete it, and it is made anew where it is needed still"


@dataclass(frozen=True, slots=True)
class TeacherFacts:
    """Of one teacher: whose shape it has, its size, for how long it was trained, and what it came to."""

    digest: str
    parameters: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Teaching:
    """Who taught, how many views of each image, or why nobody did."""

    teachers: tuple[TeacherFacts, ...]
    views: int
    why_not: str = ""


@dataclass(frozen=True, eq=False)
class School:
    """What the phase needs; `workers` hold a `FinalistContext`.

    `models` are networks of the space, the best first. `allowance` is seconds for everything, or steps for
    each teacher. `loss_to_beat` is what a network that fits has come to on validation, if that is known.
    """

    problem: Problem
    folder: RunFolder
    workers: Workers
    models: Sequence[Genotype]
    allowance: Allowance
    loss_to_beat: float | None
    display: Display

    def soft_labels(self) -> SoftLabels | None:
        """What the teachers say, asked now or before; None where nobody taught.

        Raises:
            BadRun: what is in the run folder is damaged.
        """
        if not self.folder.soft_labels.exists():
            teaching, table = self._taught()
            metadata = {"teaching": json.dumps(asdict(teaching))}
            write_bytes(self.folder.soft_labels, save({"probabilities": table}, metadata))
            self.display.say(f"teachers: {describe(teaching)}")
        return read_soft_labels(self.problem, self.folder)

    def _taught(self) -> tuple[Teaching, Tensor]:
        began = time.monotonic()
        assignments = self._assignments()
        if not assignments:
            return _nobody("training would be too short for networks wider than those that fit")
        teachers: list[Teacher] = []
        facts: list[TeacherFacts] = []
        for number, teacher in enumerate(self.workers.map(train_assigned, assignments), start=1):
            self.display.update(TRAINING_PART * number / len(assignments), f"{number} trained")
            if teacher is not None and self._is_better(teacher):
                teachers.append(teacher)
                facts.append(self._facts(assignments[number - 1], number - 1, teacher))
        if not teachers:
            return _nobody("the wider networks came to nothing better than those that fit")
        views = self._views(teachers, time.monotonic() - began)
        said: list[Tensor] = []
        networks, seed = [teacher.network for teacher in teachers], self.problem.study.seed
        questions = [Question(networks, view, seed) for view in range(views)]
        for said_of_view in self.workers.map(answer, questions):
            said.append(said_of_view)
            done = TRAINING_PART + (1.0 - TRAINING_PART) * len(said) / views
            self.display.update(done, f"{len(said)} of {views} views")
        return Teaching(tuple(facts), views), torch.stack(said)

    def _assignments(self) -> list[Assignment]:
        """One a teacher; none where the allowance is too short for any that is wider."""
        began, count = time.monotonic(), self.problem.study.teachers
        graphs = [self.problem.costing.graph(self._model(number)) for number in range(count)]
        rounds = math.ceil(count / self.workers.count)
        factor = _factor(self.problem.stream(), graphs[0], _each(self.allowance, rounds))
        if factor is None:
            return []
        wide, seed = [widened(graph, factor) for graph in graphs], self.problem.study.seed
        each = _each(self.allowance.less(time.monotonic() - began), rounds)
        return [Assignment(graph, each, seed + number) for number, graph in enumerate(wide)]

    def _model(self, number: int) -> Genotype:
        """Whose shape that teacher has."""
        return self.models[number % len(self.models)]

    def _is_better(self, teacher: Teacher) -> bool:
        return math.isfinite(teacher.score.loss) and (
            self.loss_to_beat is None or teacher.score.loss < self.loss_to_beat
        )

    def _facts(self, assignment: Assignment, number: int, teacher: Teacher) -> TeacherFacts:
        parameters = sum(op.weight.count for op in assignment.graph.ops if op.weight)
        digest, score = self.problem.space.digest(self._model(number)), teacher.score
        return TeacherFacts(digest, parameters, teacher.steps, score.loss, score.accuracy)

    def _views(self, teachers: Sequence[Teacher], seconds: float) -> int:
        """How many views there is room and, after so many seconds, time for."""
        images, classes = len(self.problem.dataset.train), len(self.problem.dataset.classes)
        room = max(1, min(MOST_VIEWS, TABLE_BYTES // (2 * images * classes)))
        if self.allowance.seconds is None:
            return min(room, VIEWS_IN_STEPS)
        batches = images / self.problem.stream().batch_size
        a_view = sum(FORWARD_PART * batches * one.seconds / max(1, one.steps) for one in teachers)
        workers = self.workers.count
        fit = int(max(0.0, self.allowance.seconds - seconds) / a_view) * workers
        return max(1, min(room, fit))


@dataclass(frozen=True, eq=False)
class Question:
    """What a worker is asked: what these networks say of all training images as a view shows them."""

    networks: Sequence[FoldedNetwork]
    view: int
    seed: int


def read_soft_labels(problem: Problem, folder: RunFolder) -> SoftLabels | None:
    """What the teachers of a run say; None where nobody taught.

    Raises:
        BadRun: it is missing or damaged.
    """
    with sound(folder.soft_labels, REMEDY, SafetensorError), safe_open(folder.soft_labels, "pt") as file:
        table = file.get_tensor("probabilities")
        images, classes = len(problem.dataset.train), len(problem.dataset.classes)
        if not len(table):
            return None
        if table.shape[1:] != (images, classes):
            raise ValueError
    return SoftLabels(table, problem.study.seed)


def read_teaching(folder: RunFolder) -> Teaching:
    """Who taught the finalists of a run.

    Raises:
        BadRun: it is missing or damaged.
    """
    with sound(folder.soft_labels, REMEDY, SafetensorError), safe_open(folder.soft_labels, "pt") as file:
        saved = json.loads(file.metadata()["teaching"])
        teachers = tuple(TeacherFacts(**teacher) for teacher in saved["teachers"])
        return Teaching(teachers, saved["views"], saved["why_not"])


def describe(teaching: Teaching) -> str:
    """In words."""
    if not teaching.teachers:
        return f"none: {teaching.why_not}"
    each = ", ".join(
        f"{one.digest} widened to {one.parameters:,} parameters ({one.accuracy:.2%} on validation in float "
        f"after {one.steps:,} steps)"
        for one in teaching.teachers
    )
    return f"{each}; asked about {teaching.views} views of every training image"


def _nobody(why: str) -> tuple[Teaching, Tensor]:
    return Teaching((), 0, why), torch.empty(0)


def train_assigned(context: FinalistContext, assignment: Assignment) -> Teacher | None:
    """Trains a teacher, in a worker; None where its loss ceased to be a number."""
    stream = replace(context.stream, seed=assignment.seed)
    return train_teacher(stream, context.validation, assignment.graph, assignment.allowance)


def answer(context: FinalistContext, question: Question) -> Tensor:
    """Probabilities of the classes, (images, classes), worked out in a worker."""
    return soft_labels_of_view(context.stream, question.networks, question.view, question.seed)


def _each(allowance: Allowance, rounds: int) -> Allowance:
    """Of the training of one teacher, where they are trained in so many rounds."""
    if allowance.seconds is None:
        return allowance
    return Allowance(seconds=TRAINING_PART * allowance.seconds / rounds)


def _factor(stream: TrainingStream, graph: Graph, each: Allowance) -> int | None:
    """The most that the network can be widened by and still see all images often enough."""
    for factor in FACTORS:
        steps = each.steps
        if steps is None:
            assert each.seconds is not None
            steps = each.seconds / step_seconds(stream, widened(graph, factor))
        if steps >= LEAST_EPOCHS * stream.steps_an_epoch:
            return factor
    return None
