"""Phase 5: teachers are trained, of the shape of the best networks but wider, and asked about all images."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nas.calibration import Sizes
from nas.display import Display, PartOfPhase
from nas.networks.folded import FoldedNetwork
from nas.parallel.workers import Workers
from nas.phases.finalist_training import Assignment
from nas.phases.soft_label_file import TeacherFacts, Teaching, read_soft_labels, save_soft_labels
from nas.phases.teaching_plan import TRAINING_PART, TeachingPlan
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext
from nas.training.soft_labels import SoftLabels
from nas.training.teacher import Teacher, soft_labels_of_view, train_teacher
from nas.trial_log.trials import Trial
from search_spaces.widened import widened

LOSS_PART = 0.9
"""A teacher's loss must be so much of the best pupil's before it is taught: pupils improve by themselves."""


@dataclass(frozen=True, eq=False)
class Distillation:
    """What the phase needs; `workers` hold a `FinalistContext`.

    `pupils` are networks of the space, the best first, and `loss_to_beat` is what the best has come to on
    validation. `allowance` is seconds for everything, or steps for each teacher.
    """

    problem: Problem
    folder: RunFolder
    workers: Workers
    pupils: Sequence[Trial]
    loss_to_beat: float
    allowance: Allowance
    display: Display

    def soft_labels(self) -> SoftLabels | None:
        """What teachers say of all training images, kept in the run folder; None where nobody teaches."""
        began = time.monotonic()
        planned = self._planned()
        if not planned:
            return self._nobody("training would be too short for networks wider than those that fit")
        teachers = self._trained(planned)
        if not teachers:
            return self._nobody("training of the wider networks blew up")
        good = {at: one for at, one in teachers.items() if one.score.loss < LOSS_PART * self.loss_to_beat}
        if not good:
            return self._nobody("the wider networks came to little better than those that fit")
        views = self._plan.views(list(good.values()), time.monotonic() - began)
        table = self._asked([teacher.network for teacher in good.values()], views)
        facts = tuple(_facts(self._pupil(at).digest, one) for at, one in good.items())
        return self._saved(Teaching(facts, views, self.problem.study.seed), table)

    def _planned(self) -> list[Assignment]:
        """One a teacher: as many, and as wide, as there is time for."""
        began, seed = time.monotonic(), self.problem.study.seed
        teachers = range(self.problem.study.teachers)
        graphs = [self.problem.costing.graph(self._pupil(at).genotype) for at in teachers]
        found = self._plan.affordable(graphs)
        if found is None:
            return []
        count, factor = found
        each = self._plan.training(count, time.monotonic() - began)
        return [
            Assignment(widened(graph, factor), each, seed + at) for at, graph in enumerate(graphs[:count])
        ]

    @property
    def _plan(self) -> TeachingPlan:
        return TeachingPlan(self.problem, self.workers.count, self.allowance)

    def _pupil(self, teacher: int) -> Trial:
        """Whose shape it has."""
        return self.pupils[teacher % len(self.pupils)]

    def _trained(self, planned: Sequence[Assignment]) -> dict[int, Teacher]:
        """Those whose training did not blow up, by their place."""
        display = PartOfPhase(self.display, 0.0, TRAINING_PART)
        display.update(0.0, f"0 of {len(planned)} trained")
        teachers: dict[int, Teacher] = {}
        for at, teacher in enumerate(self.workers.map(train_assigned, planned)):
            if teacher is not None and math.isfinite(teacher.score.loss):
                teachers[at] = teacher
            display.update((at + 1) / len(planned), f"{at + 1} of {len(planned)} trained")
        return teachers

    def _asked(self, networks: Sequence[FoldedNetwork], views: int) -> Tensor:
        """(views, images, classes): what they take all training images for."""
        images, classes = len(self.problem.dataset.train), len(self.problem.dataset.classes)
        table = torch.empty(views, images, classes, dtype=torch.float16)
        questions = [Question(networks, view, self.problem.study.seed) for view in range(views)]
        display = PartOfPhase(self.display, TRAINING_PART, 1.0)
        for view, answer in enumerate(self.workers.map(answered, questions)):
            table[view] = answer
            display.update((view + 1) / views, f"asked about {view + 1} of {views} views")
        return table

    def _nobody(self, why: str) -> None:
        self._saved(Teaching((), 0, self.problem.study.seed, why), torch.empty(0))

    def _saved(self, teaching: Teaching, table: Tensor) -> SoftLabels | None:
        save_soft_labels(self.folder, teaching, table)
        self.display.say(f"teachers: {teaching}")
        return read_soft_labels(self.problem, self.folder)


@dataclass(frozen=True, eq=False)
class Question:
    """What a worker is asked: what these networks take all training images for, as a view shows them."""

    networks: Sequence[FoldedNetwork]
    view: int
    seed: int


def train_assigned(context: FinalistContext, assignment: Assignment) -> Teacher | None:
    """Trains a teacher, in a worker; None where its loss ceased to be a number."""
    stream = replace(context.stream, seed=assignment.seed)
    return train_teacher(stream, context.validation, assignment.graph, assignment.allowance)


def answered(context: FinalistContext, question: Question) -> Tensor:
    """Probabilities of the classes, (images, classes), worked out in a worker."""
    return soft_labels_of_view(context.stream, question.networks, question.view, question.seed)


def _facts(digest: str, teacher: Teacher) -> TeacherFacts:
    parameters, score = Sizes.of(teacher.network.graph).parameters, teacher.score
    return TeacherFacts(digest, parameters, teacher.steps, score.loss, score.accuracy)
