"""Phase 6, the work: finalists are trained to the end; of several seeds the best on validation is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nas.display import Display
from nas.files import write_bytes
from nas.networks.fake_quantized import quantize
from nas.parallel.workers import Workers
from nas.phases.finalists import Finalist
from nas.problem import Problem
from nas.run_files.int8_file import load_int8, save_int8
from nas.run_files.run_folder import RunFolder
from nas.study import Study
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext, TrainedFinalist, train_finalist
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph


@dataclass(frozen=True, eq=False)
class Assignment:
    """What a worker is handed."""

    graph: Graph
    allowance: Allowance
    seed: int


def train_assignment(context: FinalistContext, assignment: Assignment) -> TrainedFinalist:
    """Trains one finalist, in a worker."""
    seeded = replace(context, stream=replace(context.stream, seed=assignment.seed))
    return train_finalist(seeded, assignment.graph, assignment.allowance)


def seeds_of(study: Study) -> list[int]:
    """The seeds that every finalist is trained with."""
    return list(range(study.seed, study.seed + study.seeds))


def keep_best(problem: Problem, folder: RunFolder, genotype: Genotype) -> None:
    """The network with the best int8 accuracy on validation becomes the finalist's; the first of equals.

    Raises:
        BadInt8File: one of them is damaged.
    """
    graph, digest = problem.costing.graph(genotype), problem.space.digest(genotype)
    paths = [folder.network_of_seed(digest, seed) for seed in seeds_of(problem.study)]
    facts = [load_int8(graph, path)[1] for path in paths]
    best = max(range(len(paths)), key=lambda index: facts[index]["int8_val_accuracy_simulated"])
    write_bytes(folder.network(digest), paths[best].read_bytes())


def train_finalists(
    problem: Problem,
    folder: RunFolder,
    workers: Workers,
    planned: Sequence[Finalist],
    display: Display,
) -> None:
    """Trains those that have no network in the run folder yet, and saves each one's int8 network.

    `workers` hold a `FinalistContext`.

    Raises:
        BadInt8File: a network of one of several seeds is damaged.
    """
    unsettled = [finalist for finalist in planned if not folder.network(finalist.digest).exists()]
    jobs = [_Job(finalist, seed) for finalist in unsettled for seed in seeds_of(problem.study)]
    _train(
        problem, folder, workers, [job for job in jobs if not _place(problem, folder, job).exists()], display
    )
    if problem.study.seeds > 1:
        for finalist in unsettled:
            keep_best(problem, folder, finalist.genotype)


@dataclass(frozen=True, slots=True)
class _Job:
    """One training of one finalist."""

    finalist: Finalist
    seed: int


def _place(problem: Problem, folder: RunFolder, job: _Job) -> Path:
    """Where its network goes."""
    if problem.study.seeds == 1:
        return folder.network(job.finalist.digest)
    return folder.network_of_seed(job.finalist.digest, job.seed)


def _train(
    problem: Problem, folder: RunFolder, workers: Workers, missing: list[_Job], display: Display
) -> None:
    if not missing:
        return
    missing.sort(key=lambda job: -_length(problem, job.finalist))
    assignments = [
        Assignment(problem.costing.graph(job.finalist.genotype), job.finalist.allowance, job.seed)
        for job in missing
    ]
    results = workers.map(train_assignment, assignments)
    for count, (job, result) in enumerate(zip(missing, results, strict=True), start=1):
        _save(folder, job.finalist, result, _place(problem, folder, job))
        int8, in_float = result.int8_score.accuracy, result.float_score.accuracy
        display.say(
            f"finalist {job.finalist.digest}{_with_seed(problem, job)}: {int8:.2%} int8 on validation "
            f"({in_float:.2%} float) after {result.steps:,} steps, {result.seconds:.0f} s"
        )
        display.update(count / len(missing), f"{count} of {len(missing)} trained")


def _with_seed(problem: Problem, job: _Job) -> str:
    return "" if problem.study.seeds == 1 else f", seed {job.seed}"


def _save(folder: RunFolder, finalist: Finalist, result: TrainedFinalist, path: Path) -> None:
    folder.finalist(finalist.digest).mkdir(parents=True, exist_ok=True)
    folder.card(finalist.digest).unlink(missing_ok=True)  # it would speak of other weights
    facts = {
        "int8_val_accuracy_simulated": result.int8_score.accuracy,
        "float_val_accuracy": result.float_score.accuracy,
        "training_steps": result.steps,
    }
    save_int8(quantize(result.network), facts, path)


def _length(problem: Problem, finalist: Finalist) -> float:
    """What its training takes, in any unit: seconds, or its size where all get the same steps."""
    if finalist.allowance.seconds is not None:
        return finalist.allowance.seconds
    return float(problem.costing.cost(finalist.genotype).macs)
