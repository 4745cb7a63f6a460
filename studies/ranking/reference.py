"""What the networks are worth: each trained alone, from its own random weights, with two seeds.

Training is resumable: every result is a row of a file, and what has a row is not trained again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from nas.files import write_text
from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.parallel.workers import open_workers
from nas.problem import Problem
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.batches import TensorImages, TrainingStream
from nas.training.evaluate import evaluate
from nas.training.recalibration import recalibration_batches
from search_spaces.graph import Graph
from studies.ranking.networks import Ranked, genotype_of

KEPT = Path(__file__).with_name("reference.jsonl")
STEPS = 2500
"""Of 128 images: 5.9 epochs of Fashion-MNIST's 54,000 training images."""
LOOKS = (62, 125, 250, 500, 1000, STEPS)
"""After how many steps a network is looked at; its rate falls to 0 at the last alone."""
SEEDS = (0, 1)


@dataclass(frozen=True, slots=True)
class Look:
    """All validation images, in float, batch norm recalibrated."""

    step: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Trained:
    """One network after one training; `seconds` are those of a thread."""

    digest: str
    seed: int
    looks: tuple[Look, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class ReferenceContext:
    """What all trainings share; the stream's seed is replaced by each one's own."""

    stream: TrainingStream
    validation: TensorImages


@dataclass(frozen=True, eq=False)
class Job:
    """One training."""

    digest: str
    graph: Graph
    seed: int


def read_reference(path: Path = KEPT) -> list[Trained]:
    """All rows that are kept; none where nothing is."""
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Trained(**{**row, "looks": tuple(Look(**look) for look in row["looks"])}) for row in rows]


def final_losses(rows: Sequence[Trained], seed: int | None = None) -> dict[str, float]:
    """By digest: the validation loss at the end, of one seed or the mean of all that are kept."""
    return _means({(row.digest, row.seed): row.looks[-1].loss for row in rows}, seed)


def final_accuracies(rows: Sequence[Trained], seed: int | None = None) -> dict[str, float]:
    """By digest: the validation accuracy at the end, of one seed or the mean of all that are kept."""
    return _means({(row.digest, row.seed): row.looks[-1].accuracy for row in rows}, seed)


def _means(values: Mapping[tuple[str, int], float], wanted: int | None) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for (digest, seed), value in values.items():
        if wanted in {None, seed}:
            found.setdefault(digest, []).append(value)
    return {digest: float(np.mean(kept)) for digest, kept in found.items()}


def train_reference(
    problem: Problem,
    networks: Sequence[Ranked],
    workers: str,
    report: Callable[[int, int], None],
    path: Path = KEPT,
) -> list[Trained]:
    """Trains what has no row yet, all networks with one seed before the next; gives all rows."""
    rows = read_reference(path)
    have = {(row.digest, row.seed) for row in rows}
    jobs = [
        Job(network.digest, problem.costing.graph(genotype_of(network)), seed)
        for seed in SEEDS
        for network in networks
        if (network.digest, seed) not in have
    ]
    context = ReferenceContext(problem.stream(), problem.validation_images())
    with open_workers(workers, context) as pool:
        for done, row in enumerate(pool.map(_train, jobs), start=1):
            rows.append(row)
            write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows))
            report(done, len(jobs))
    return rows


def _train(context: ReferenceContext, job: Job) -> Trained:
    began = time.thread_time()
    bank = WeightBank.initialized([job.graph], job.seed)
    stream = replace(context.stream, seed=job.seed)
    size = job.graph.input.shape[:2]
    looks: list[Look] = []

    def watch(step: int) -> None:
        if step in LOOKS:
            network = fold(job.graph, bank, recalibration_batches(stream.images, size))
            score = evaluate(network, context.validation, size)
            looks.append(Look(step, score.loss, score.accuracy))

    train_alone(job.graph, bank, stream, Allowance(steps=STEPS), watch=watch)
    return Trained(job.digest, job.seed, tuple(looks), time.thread_time() - began)
