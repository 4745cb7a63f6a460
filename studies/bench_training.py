"""How near training comes to what this machine can multiply, and how fast the supernet and the score are.

`python -m studies.bench_training [STUDY] [--json]` measures everything in two ways in turn, several rounds,
and prints medians and ranges: as we work, in independent one-thread processes, one a core, all at once; and
as torch would by itself, in one process with as many threads. Beside both stands the peak: fp32 products of
1024 x 1024 matrices, on one core alone and on all of them at once, each a process.

- Training of networks, alone, on the study's batches: one of 3 x 3 convolutions with residuals, one of
  depthwise convolutions (`studies/control_networks.py`), and the largest that fits the study's budget. A step
  counts as three passes, a multiply-accumulate as two operations: GF/s = 6 x MACs x images/s. The pass that
  would make a gradient of the images is counted, though nobody runs it.
- The same in float32. Training is in bfloat16 where the processor has tiles (`nas/training/precision.py`);
  the peak is of float32 all the same.
- Gradients of the supernet: sub-network images a second, random networks that fit.
- Scoring by inherited weights: candidates a second. How long that takes does not depend on the weights.
- A profile of one thread: percent of the time of training by the kind of work.

Other programs on the machine disturb all of it, and threads that wait for one another most.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click
import torch.multiprocessing

from constraints.macs import count_macs
from nas.networks.weight_bank import WeightBank
from nas.parallel.workers import Workers, open_workers, parallel_count
from nas.phases.supernet import covering_graphs
from nas.problem import Problem, pose
from nas.scores.context import ScoringContext
from nas.study_file import read_study
from search_spaces.graph import Graph
from studies.control_networks import depthwise_network, residual_network
from studies.training_profile import profile_training
from studies.training_speed import (
    Bench,
    Run,
    drawn_graphs,
    multiply,
    score_one,
    threads,
    train,
    train_supernet,
)

PROFILED = ("residual", "largest")

Item = TypeVar("Item")
Rates = dict[str, list[float]]
"""By what was measured, one a round."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured: rounds; training steps and matrix products; candidates scored a round."""

    rounds: int
    steps: int
    candidates: int


@dataclass(frozen=True, eq=False)
class Machine:
    """The two ways: `pool` has a one-thread process a core, `inline` is this process."""

    pool: Workers
    inline: Bench

    def at_once(self, function: Callable[[Bench, Item], float], item: Item) -> float:
        """The sum over all processes, each doing the same."""
        with threads(1):  # for a pool of this process alone
            return sum(self.pool.map(function, [item] * self.pool.count))

    def threaded(self, function: Callable[[Bench, Item], float], item: Item, count: int) -> float:
        """By this process."""
        with threads(count):
            return function(self.inline, item)


@click.command()
@click.argument("study", default="fashion_mnist")
@click.option("--rounds", default=5, show_default=True, help="How often everything is measured.")
@click.option("--steps", default=40, show_default=True, help="Training steps a measurement.")
@click.option("--candidates", default=16, show_default=True, help="Candidates scored a round.")
@click.option(
    "--processes", default=parallel_count("auto"), show_default=True, help="And the rival's threads."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    study: str,
    rounds: int,
    steps: int,
    candidates: int,
    processes: int,
    as_json: bool,  # noqa: FBT001 - click's own
) -> None:
    """Prints speeds of training and scoring beside the machine's own."""
    figures = measure(pose(read_study(study)), Effort(rounds, steps, candidates), processes)
    if as_json:
        click.echo(json.dumps(figures, indent=1))
        return
    for name, value in flat(figures):
        click.echo(f"{name}: {value}")


def measure(problem: Problem, effort: Effort, processes: int) -> dict[str, Any]:
    """All figures, as they are printed."""
    networks = networks_of(problem)
    bank = WeightBank.initialized(covering_graphs(problem.space), problem.study.seed)
    validation = problem.validation_images().first(problem.study.score_images)
    scoring = ScoringContext(bank, problem.stream(), validation)
    inline = Bench(scoring, threading.Barrier(1))
    shared = replace(inline, together=torch.multiprocessing.get_context("spawn").Barrier(processes))
    rates: Rates = defaultdict(list)
    with open_workers(str(processes), shared) as pool:
        machine = Machine(pool, inline)
        for number in range(effort.rounds):
            _multiply(machine, rates, effort.steps)
            for name, graph in networks.items():
                _train(machine, rates, name, Run(graph, effort.steps))
            _train_supernet(problem, machine, rates, number, effort.steps)
            _score(machine, rates, drawn_graphs(problem, number, effort.candidates))
    with threads(1):
        profiles = {name: profile_training(networks[name], scoring.stream, effort.steps) for name in PROFILED}
    return {"processes": processes, **_figures(networks, rates), "profile_percent": profiles}


def networks_of(problem: Problem) -> dict[str, Graph]:
    """The networks that are trained, by the name that they go by in the figures."""
    shape, classes = problem.dataset.shape, len(problem.dataset.classes)
    return {
        "residual": residual_network(shape, classes),
        "largest": problem.costing.graph(problem.largest),
        "depthwise": depthwise_network(shape, classes),
    }


def _multiply(machine: Machine, rates: Rates, repeats: int) -> None:
    rates["matmul one core"].append(machine.threaded(multiply, repeats, 1))
    rates["matmul processes"].append(machine.at_once(multiply, repeats))
    rates["matmul threads"].append(machine.threaded(multiply, repeats, machine.pool.count))


def _train(machine: Machine, rates: Rates, name: str, run: Run) -> None:
    rates[f"{name} processes"].append(machine.at_once(train, run))
    rates[f"{name} threads"].append(machine.threaded(train, run, machine.pool.count))
    rates[f"{name} processes, float32"].append(machine.at_once(train, replace(run, float32=True)))


def _train_supernet(problem: Problem, machine: Machine, rates: Rates, seed: int, steps: int) -> None:
    count = machine.pool.count
    with threads(1):
        rates["supernet processes"].append(train_supernet(problem, seed, steps, count))
    with threads(count):
        rates["supernet threads"].append(train_supernet(problem, seed, steps, 1))


def _score(machine: Machine, rates: Rates, graphs: list[Graph]) -> None:
    with threads(1):
        began = time.perf_counter()
        for _ in machine.pool.map(score_one, graphs):
            pass
        rates["scored processes"].append(len(graphs) / (time.perf_counter() - began))
    with threads(machine.pool.count):
        began = time.perf_counter()
        for graph in graphs:
            score_one(machine.inline, graph)
        rates["scored threads"].append(len(graphs) / (time.perf_counter() - began))


def _figures(networks: dict[str, Graph], rates: Rates) -> dict[str, Any]:
    peak = statistics.median(rates["matmul processes"])
    return {
        "matmul_gflops": {
            way: summary(rates[f"matmul {way}"]) for way in ("one core", "processes", "threads")
        },
        "training": {name: _network_figures(name, graph, rates, peak) for name, graph in networks.items()},
        "supernet_images_per_s": {way: summary(rates[f"supernet {way}"]) for way in ("processes", "threads")},
        "scored_per_s": {way: summary(rates[f"scored {way}"]) for way in ("processes", "threads")},
    }


def _network_figures(name: str, graph: Graph, rates: Rates, peak: float) -> dict[str, Any]:
    giga = 6 * count_macs(graph) / 1e9
    gflops = {
        way: summary([giga * rate for rate in rates[f"{name} {way}"]])
        for way in ("processes", "threads", "processes, float32")
    }
    return {
        "macs": count_macs(graph),
        "images_per_s": summary(rates[f"{name} processes"]),
        "gflops": gflops,
        "percent_of_peak": round(100.0 * gflops["processes"]["median"] / peak, 1),
    }


def summary(rates: list[float]) -> dict[str, float]:
    """Median and range."""
    values = {"median": statistics.median(rates), "min": min(rates), "max": max(rates)}
    return {name: round(value, 1) for name, value in values.items()}


def flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """A line a figure; the median and its range stand in one."""
    for name, value in figures.items():
        if not isinstance(value, dict):
            yield f"{prefix}{name}", f"{value:,}"
        elif "median" in value:
            yield f"{prefix}{name}", f"{value['median']:,} ({value['min']:,} to {value['max']:,})"
        else:
            yield from flat(value, f"{prefix}{name} / ")


if __name__ == "__main__":
    main()
