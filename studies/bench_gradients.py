"""Images a second of supernet training: processes that share the bank, against one process of threads.

`python -m studies.bench_gradients [STUDY] [--json]` runs the same steps (random paths that fit the study's
budget, gradients of all of them, no optimizer) each way in turn, several times, and prints the median and the
range. The rival is torch's own: one process, as many threads as there are processes otherwise.
"""

from __future__ import annotations

import json
import random
import statistics
import time

import click
import torch

from nas.networks.weight_bank import WeightBank
from nas.phases.supernet import covering_graphs
from nas.problem import Problem, pose
from nas.study_file import read_study
from nas.training.path_gradients import PathGradients, SupernetPath, open_gradients
from nas.training.supernet import PATHS_A_STEP

ROUNDS = 5
STEPS = 25
WARM_UP_STEPS = 5


@click.command()
@click.argument("study", default="fashion_mnist")
@click.option("--processes", default=2, show_default=True, help="Processes, and threads of the rival.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(study: str, processes: int, as_json: bool) -> None:  # noqa: FBT001 - click's own
    """Prints images a second, each way."""
    problem = pose(read_study(study))
    rates: dict[str, list[float]] = {"processes": [], "threads": []}
    for seed in range(ROUNDS):
        rates["processes"].append(images_per_second(problem, seed, processes, threads=1))
        rates["threads"].append(images_per_second(problem, seed, 1, threads=processes))
    figures = {
        "study": study,
        "count": processes,
        **{
            f"{name}_images_per_s": {
                "median": statistics.median(values),
                "min": min(values),
                "max": max(values),
            }
            for name, values in rates.items()
        },
    }
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            click.echo(f"{name}: {value}")


def images_per_second(problem: Problem, seed: int, processes: int, threads: int) -> float:
    """Of `STEPS` steps, after a few that are not counted; starting the processes is not counted either."""
    torch.set_num_threads(threads)
    stream, rng = problem.stream(), random.Random(seed)
    paths = [
        [
            SupernetPath(problem.costing.graph(problem.sampler.draw(rng)), step * PATHS_A_STEP + place)
            for place in range(PATHS_A_STEP)
        ]
        for step in range(WARM_UP_STEPS + STEPS)
    ]
    bank = WeightBank.initialized(covering_graphs(problem.space), seed)
    with open_gradients(bank, stream, processes) as gradients:
        _run(bank, gradients, paths[:WARM_UP_STEPS])
        began = time.perf_counter()
        _run(bank, gradients, paths[WARM_UP_STEPS:])
        return STEPS * PATHS_A_STEP * stream.batch_size / (time.perf_counter() - began)


def _run(bank: WeightBank, gradients: PathGradients, steps: list[list[SupernetPath]]) -> None:
    for paths in steps:
        for tensor in bank.tensors():
            tensor.grad = None
        gradients.add(paths)


if __name__ == "__main__":
    main()
