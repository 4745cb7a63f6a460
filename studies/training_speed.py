"""What `studies/bench_training.py` has timed, in this process or in workers that begin at one moment."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from nas.networks.weight_bank import WeightBank
from nas.phases.supernet import covering_graphs
from nas.problem import Problem
from nas.scores.context import ScoringContext
from nas.scores.inherited import score
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.path_gradients import PathGradients, SupernetPath, open_gradients
from nas.training.supernet import PATHS_A_STEP
from search_spaces.graph import Graph

MATMUL_SIDE = 1024
WARM_UP_STEPS = 5
PATIENCE_S = 120.0
"""How long a worker waits for the others to begin."""


@dataclass(frozen=True, eq=False)
class Bench:
    """What every measurement shares; `together` is passed when all that measure at once are warm."""

    scoring: ScoringContext
    together: threading.Barrier


@dataclass(frozen=True, eq=False)
class Run:
    """Training of one network for so many steps; in the stream's precision or in float32."""

    graph: Graph
    steps: int
    float32: bool = False


@contextmanager
def threads(count: int) -> Iterator[None]:
    """This process computes on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def multiply(bench: Bench, repeats: int) -> float:
    """GF/s of products of square fp32 matrices of side `MATMUL_SIDE`."""
    left, right, out = torch.randn(3, MATMUL_SIDE, MATMUL_SIDE)
    for _ in range(WARM_UP_STEPS):
        torch.mm(left, right, out=out)
    bench.together.wait(PATIENCE_S)
    began = time.perf_counter()
    for _ in range(repeats):
        torch.mm(left, right, out=out)
    return repeats * 2 * MATMUL_SIDE**3 / (time.perf_counter() - began) / 1e9


def train(bench: Bench, run: Run) -> float:
    """Images a second, from the end of the warm-up on."""
    stream, ends = bench.scoring.stream, [0.0, 0.0]

    def watch(step: int) -> None:
        if step == WARM_UP_STEPS:
            bench.together.wait(PATIENCE_S)
            ends[0] = time.perf_counter()
        ends[1] = time.perf_counter()

    bank = WeightBank.initialized([run.graph], 0)
    if run.float32:
        stream = replace(stream, precision=torch.float32)
    train_alone(run.graph, bank, stream, Allowance(steps=WARM_UP_STEPS + run.steps), watch=watch)
    return run.steps * stream.batch_size / (ends[1] - ends[0])


def score_one(bench: Bench, graph: Graph) -> float:
    """The loss of one candidate; what matters is how long it takes."""
    return score(bench.scoring, graph).loss


def drawn_graphs(problem: Problem, seed: int, count: int) -> list[Graph]:
    """Random networks that fit the budget."""
    rng = random.Random(seed)
    return [problem.costing.graph(problem.sampler.draw(rng)) for _ in range(count)]


def train_supernet(problem: Problem, seed: int, steps: int, processes: int) -> float:
    """Images a second through sub-networks, gradients only; what is at the beginning is not counted."""
    stream = problem.stream()
    graphs = drawn_graphs(problem, seed, (WARM_UP_STEPS + steps) * PATHS_A_STEP)
    paths = [SupernetPath(graph, number) for number, graph in enumerate(graphs)]
    bank = WeightBank.initialized(covering_graphs(problem.space), seed)
    warm = WARM_UP_STEPS * PATHS_A_STEP
    with open_gradients(bank, stream, processes) as gradients:
        _add(bank, gradients, paths[:warm])
        began = time.perf_counter()
        _add(bank, gradients, paths[warm:])
        return steps * PATHS_A_STEP * stream.batch_size / (time.perf_counter() - began)


def _add(bank: WeightBank, gradients: PathGradients, paths: list[SupernetPath]) -> None:
    for first in range(0, len(paths), PATHS_A_STEP):
        for tensor in bank.tensors():
            tensor.grad = None
        gradients.add(paths[first : first + PATHS_A_STEP])
