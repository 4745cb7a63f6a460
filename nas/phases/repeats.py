"""What finalists that were trained with several seeds reach, seed by seed, and how far apart they are."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nas.export.tflite import write_tflite
from nas.phases.exam import ExamContext, int8_accuracies
from nas.phases.export import layout_of
from nas.phases.finalist_training import networks_of_seeds
from nas.problem import Problem
from nas.quantized_network import QuantizedNetwork
from nas.run_files.int8_file import load_int8
from nas.run_files.run_folder import RunFolder
from search_spaces.genotype import Genotype


@dataclass(frozen=True, eq=False)
class Repeat:
    """One finalist as one of its seeds trained it: the int8 network and its model file."""

    network: QuantizedNetwork
    model: bytes
    is_kept: bool
    """Whether it is the one that became the finalist's, which is examined anyway."""


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Of one network in int8, fractions of 1."""

    validation: float
    test: float


def repeats_of(problem: Problem, folder: RunFolder, genotype: Genotype) -> list[Repeat]:
    """One a seed; none where every finalist is trained once."""
    if problem.study.seeds == 1:
        return []
    layout, digest = layout_of(problem, genotype), problem.space.digest(genotype)
    paths = networks_of_seeds(problem, folder, digest)
    contents = [path.read_bytes() for path in paths]
    kept = contents.index(folder.network(digest).read_bytes())
    found = []
    for place, path in enumerate(paths):
        saved, _ = load_int8(layout.graph, path)
        network = replace(saved, graph=layout.graph)
        found.append(Repeat(network, write_tflite(network, layout.plan.offsets), place == kept))
    return found


def examine_repeat(context: ExamContext, repeat: Repeat) -> Accuracies:
    """Executes the file of one seed, in a worker."""
    return Accuracies(*int8_accuracies(context, repeat.network, repeat.model))


def seed_spread(each: Sequence[Accuracies]) -> dict[str, dict[str, object]] | None:
    """As a card holds it: mean, standard deviation, and every value in the order of the seeds.

    None of a single one.
    """
    if len(each) < 2:
        return None
    named = {
        "val_accuracy": [one.validation for one in each],
        "test_accuracy": [one.test for one in each],
    }
    return {
        name: {"mean": statistics.fmean(values), "sd": statistics.stdev(values), "each": values}
        for name, values in named.items()
    }
