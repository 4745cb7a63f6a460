"""Phase 1: one weight bank is trained for all networks of the trimmed space."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from safetensors import SafetensorError
from safetensors.torch import load, save

from nas.calibration import Sizes
from nas.display import Display
from nas.files import write_bytes
from nas.networks.weight_bank import WeightBank
from nas.parallel.workers import parallel_count
from nas.problem import Problem
from nas.run_files.run_folder import MADE_ANEW, RunFolder, read_json, sound, write_json
from nas.training.allowance import Allowance
from nas.training.supernet import (
    CurvePoint,
    Lesson,
    Step,
    Training,
    sandwich,
    single_path,
    train_supernet,
)
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace

WATCHED_IMAGES = 1000
RANDOM_GRAPHS = 200
ATTENTION = 3
"""Of so many random networks the largest is trained: fronts are made of networks that are large for their
budget, while most random ones are small (Wang et al. 2021, "AttentiveNAS", section 3.2, with size for the
predicted accuracy)."""


def trained_bank(problem: Problem, folder: RunFolder, allowance: Allowance, display: Display) -> WeightBank:
    """The bank, trained now or read from the run folder.

    Raises:
        BadRun, BadCheckpoint: a file of the run is damaged.
        TrainingDiverged: the loss is no longer a number.
        OSError: the disk refused what was trained.
    """
    if not folder.supernet.exists():
        _train(problem, folder, allowance, display)
    with sound(folder.supernet, MADE_ANEW, SafetensorError):
        return WeightBank.from_state(load(folder.supernet.read_bytes()))


def read_curve(folder: RunFolder) -> list[CurvePoint]:
    """How the training of a run's bank went; nothing where the file is gone, since the bank does without.

    Raises:
        BadRun: the file is damaged.
    """
    if not folder.curve.exists():
        return []
    remedy = "delete it, and the report does without"
    points = read_json(folder.curve, remedy)
    with sound(folder.curve, remedy):
        return [CurvePoint(**point) for point in points]


def _train(problem: Problem, folder: RunFolder, allowance: Allowance, display: Display) -> None:
    if folder.checkpoint.exists():
        training = Training.resume(folder.checkpoint, allowance)
        display.say(f"supernet: going on from step {training.progress.step:,}")
    else:
        graphs = itertools.chain(covering_graphs(problem.space), _random_graphs(problem))
        bank = WeightBank.initialized(graphs, problem.study.seed)
        training = Training.begin(bank, allowance)
    lesson = Lesson(
        stream=problem.stream(),
        validation=problem.validation_images().first(WATCHED_IMAGES),
        step=_step(problem),
        watched=problem.costing.graph(problem.largest),
        seed=problem.study.seed,
        processes=parallel_count(problem.study.workers),
    )
    train_supernet(training, lesson, folder.checkpoint, lambda now: _report(now, display))
    write_json(folder.curve, [asdict(point) for point in training.curve])
    # Through memory: a disk that fills up is an OSError then, and not what safetensors makes of it.
    write_bytes(folder.supernet, save(training.bank.state()))
    folder.checkpoint.unlink(missing_ok=True)


def _report(training: Training, display: Display) -> None:
    text = f"step {training.progress.step:,}"
    if training.curve:
        last = training.curve[-1]
        text += f", train loss {last.train_loss:.3f}, largest network {last.val_accuracy:.1%} on validation"
    display.update(training.progress.fraction, text)


def _step(problem: Problem) -> Step:
    def sample(rng: random.Random) -> Graph:
        return problem.costing.graph(problem.sampler.draw(rng))

    def large(rng: random.Random) -> Graph:
        return max((sample(rng) for _ in range(ATTENTION)), key=lambda graph: Sizes.of(graph).product)

    if problem.study.weight_sharing == "sandwich":
        graph = problem.costing.graph
        return sandwich(graph(problem.largest), graph(problem.smallest), sample)
    return single_path(large if problem.study.weight_sharing == "attentive" else sample)


def _random_graphs(problem: Problem) -> Iterator[Graph]:
    """Some more networks, for a user's block that reads a slot only in some company."""
    rng = random.Random(f"{problem.study.seed}/slots")
    return (lower(problem.space, problem.space.sample(rng)) for _ in range(RANDOM_GRAPHS))


def covering_graphs(space: SearchSpace) -> Iterator[Graph]:
    """Graphs that between them ask for the largest shape of every slot.

    Shapes grow with channels, so every stage is as wide as it may be; stages that may be left out are shown
    with and without, since what follows then reads other channels; every other choice is shown once.
    """
    widths = {f"stage{number}.width": stage.widths for number, stage in enumerate(space.stages)}
    widths["stem.width"] = space.stem.widths
    depths = {
        f"stage{number}.depth": _ends([stage.depths[index] for index in part[0]], part[0])
        for number, (stage, part) in enumerate(space.allowed_by_stage())
    }
    turns = max(len(choices) for choices in space.allowed)
    for pattern in itertools.product(*depths.values()):
        chosen_depths = dict(zip(depths, pattern, strict=True))
        for turn in range(turns):
            genes = []
            for gene, choices in zip(space.genes, space.allowed, strict=True):
                if gene.name in chosen_depths:
                    genes.append(chosen_depths[gene.name])
                elif gene.name in widths:
                    genes.append(max(choices, key=widths[gene.name].__getitem__))
                else:
                    genes.append(choices[turn % len(choices)])
            yield lower(space, space.canonical(genes))


def _ends(depths: list[int], indices: Sequence[int]) -> list[int]:
    """The index of the largest depth, and of depth 0 where it is allowed."""
    deepest = indices[depths.index(max(depths))]
    return [deepest, indices[depths.index(0)]] if 0 in depths and max(depths) > 0 else [deepest]
