"""Phase 6, the work: finalists are trained to the end; of several seeds the best on validation is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nas.display import Display
from nas.files import write_bytes
from nas.networks.fake_quantized import UnboundedActivation, quantize
from nas.parallel.workers import Workers
from nas.phases.finalists import Finalist, write_planned
from nas.problem import Problem
from nas.run_files.int8_file import load_int8, save_int8
from nas.run_files.run_folder import RunFolder
from nas.study import Study
from nas.training.allowance import Allowance
from nas.training.divergence import TrainingDiverged
from nas.training.finalist import FinalistContext, TrainedFinalist, train_finalist
from search_spaces.genotype import Genotype
from search_spaces.graph import Graph


@dataclass(frozen=True, eq=False)
class Assignment:
    """What a worker is handed."""

    graph: Graph
    allowance: Allowance
    seed: int


@dataclass(frozen=True, slots=True)
class BlownUp:
    """What a training came to that did not end."""

    why: str


def train_assignment(context: FinalistContext, assignment: Assignment) -> TrainedFinalist:
    """Trains one network, in a worker.

    Raises:
        TrainingDiverged, UnboundedActivation: it blew up.
    """
    seeded = replace(context, stream=replace(context.stream, seed=assignment.seed))
    return train_finalist(seeded, assignment.graph, assignment.allowance)


def train_or_say_why_not(context: FinalistContext, assignment: Assignment) -> TrainedFinalist | BlownUp:
    """The same, for whom one that blows up is not the end."""
    try:
        return train_assignment(context, assignment)
    except (TrainingDiverged, UnboundedActivation) as error:
        return BlownUp(str(error))


def seeds_of(study: Study) -> list[int]:
    """The seeds that every finalist is trained with."""
    return list(range(study.seed, study.seed + study.seeds))


def networks_of_seeds(problem: Problem, folder: RunFolder, digest: str) -> list[Path]:
    """Of the seeds whose training did not blow up, in their order."""
    paths = [folder.network_of_seed(digest, seed) for seed in seeds_of(problem.study)]
    return [path for path in paths if path.exists()]


def keep_best(problem: Problem, folder: RunFolder, genotype: Genotype) -> None:
    """The network with the best int8 accuracy on validation becomes the finalist's; the first of equals.

    Raises:
        BadInt8File: one of them is damaged.
    """
    graph, digest = problem.costing.graph(genotype), problem.space.digest(genotype)
    paths = networks_of_seeds(problem, folder, digest)
    facts = [load_int8(graph, path)[1] for path in paths]
    best = max(range(len(paths)), key=lambda index: facts[index]["int8_val_accuracy_simulated"])
    write_bytes(folder.network(digest), paths[best].read_bytes())


def train_finalists(
    problem: Problem,
    folder: RunFolder,
    workers: Workers,
    planned: Sequence[Finalist],
    display: Display,
) -> list[Finalist]:
    """Trains those that have no network in the run folder yet, and saves each one's int8 network.

    `workers` hold a `FinalistContext`. Gives the finalists with the reasons of those whose training blew up,
    with every seed, and settles these as well.

    Raises:
        TrainingDiverged: all of them did.
        BadInt8File: a network of one of several seeds is damaged.
    """
    unsettled = [one for one in planned if one.failure is None and not folder.network(one.digest).exists()]
    jobs = [_Job(finalist, seed) for finalist in unsettled for seed in seeds_of(problem.study)]
    missing = [job for job in jobs if not _place(problem, folder, job).exists()]
    reasons = _train(problem, folder, workers, missing, display)
    if problem.study.seeds > 1:
        for finalist in unsettled:
            if networks_of_seeds(problem, folder, finalist.digest):
                keep_best(problem, folder, finalist.genotype)
    settled = [
        one if folder.network(one.digest).exists() else replace(one, failure=reasons[one.digest])
        for one in planned
    ]
    if all(one.failure for one in settled):
        raise TrainingDiverged(f"training of all {len(settled)} finalists blew up: {settled[0].failure}")
    write_planned(folder, settled)
    return settled


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
) -> dict[str, str]:
    """Saves each as soon as it is done; the reasons of those that blew up, by their digest."""
    missing.sort(key=lambda job: -_length(problem, job.finalist))
    assignments = [
        Assignment(problem.costing.graph(job.finalist.genotype), job.finalist.allowance, job.seed)
        for job in missing
    ]
    reasons: dict[str, str] = {}
    for count, (place, result) in enumerate(workers.as_done(train_or_say_why_not, assignments), start=1):
        job = missing[place]
        who = f"finalist {job.finalist.digest}{'' if problem.study.seeds == 1 else f', seed {job.seed}'}"
        if isinstance(result, BlownUp):
            reasons[job.finalist.digest] = result.why
            display.say(f"{who}: {result.why}")
        else:
            _save(folder, job.finalist, result, _place(problem, folder, job))
            display.say(f"{who}: {_reached(result)}")
        display.update(count / len(missing), f"{count} of {len(missing)} trained")
    return reasons


def _reached(result: TrainedFinalist) -> str:
    return (
        f"{result.int8_score.accuracy:.2%} int8 on validation ({result.float_score.accuracy:.2%} float) "
        f"after {result.steps:,} steps, {result.seconds:.0f} s"
    )


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
