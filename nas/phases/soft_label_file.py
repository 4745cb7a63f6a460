"""What teachers say and who they were, as a run folder keeps it: one file, written when all is said."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nas.files import write_bytes
from nas.problem import Problem
from nas.run_files.run_folder import REMADE_IF_NEEDED, BadRun, RunFolder, sound
from nas.training.soft_labels import SoftLabels


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
    """Who taught, over how many views of each image, or why nobody did; `seed` is that of the views."""

    teachers: tuple[TeacherFacts, ...]
    views: int
    seed: int
    why_not: str = ""

    def __str__(self) -> str:
        if not self.teachers:
            return f"none: {self.why_not}"
        each = ", ".join(
            f"{one.digest} widened to {one.parameters:,} parameters ({one.accuracy:.2%} on validation in "
            f"float after {one.steps:,} steps)"
            for one in self.teachers
        )
        return f"{each}; asked about {self.views} views of every training image"


def save_soft_labels(folder: RunFolder, teaching: Teaching, probabilities: Tensor) -> None:
    """Writes both; `probabilities` are (views, images, classes), of no view where nobody taught.

    Raises:
        OSError: the disk refused it.
    """
    metadata = {"teaching": json.dumps(asdict(teaching))}
    # Through memory: a disk that fills up is an OSError then, and not what safetensors makes of it.
    write_bytes(folder.soft_labels, save({"probabilities": probabilities}, metadata))


def read_soft_labels(problem: Problem, folder: RunFolder) -> SoftLabels | None:
    """What the teachers of a run say; None where nobody taught.

    Raises:
        BadRun: it is missing, damaged, or of other images.
    """
    path, seed = folder.soft_labels, read_teaching(folder).seed
    with sound(path, REMADE_IF_NEEDED, SafetensorError), safe_open(path, "pt") as file:
        probabilities = file.get_tensor("probabilities")
    shape = len(problem.dataset.train), len(problem.dataset.classes)
    if len(probabilities) == 0:
        return None
    if probabilities.shape[1:] != shape:
        raise BadRun(
            f"run file {path} must be of {shape[0]:,} images and {shape[1]} classes, but is of "
            f"{probabilities.shape[1]:,} and {probabilities.shape[2]}: {REMADE_IF_NEEDED}"
        )
    return SoftLabels(probabilities, seed)


def read_teaching(folder: RunFolder) -> Teaching:
    """Who taught the finalists of a run.

    Raises:
        BadRun: the file is missing or damaged.
    """
    path = folder.soft_labels
    with sound(path, REMADE_IF_NEEDED, SafetensorError), safe_open(path, "pt") as file:
        saved = json.loads(file.metadata()["teaching"])
        teachers = tuple(TeacherFacts(**teacher) for teacher in saved.pop("teachers"))
        return Teaching(teachers, **saved)
