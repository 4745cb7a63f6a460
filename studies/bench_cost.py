"""How many networks a second are costed: one by one, as a population, and by other projects' counters.

`python -m studies.bench_cost [--json]` draws networks of every preset at random. Ours are timed on all that a
search needs: arena head and total, model file, multiply-accumulates, predicted latency and energy on a board,
from genotypes to figures, on one thread, in processor time, which other programs on the machine disturb
least. Tables are warm: other genotypes have been costed before, so that most parts have been met; the first
ones are slower (`cold_s` is what the first population takes).

The rivals are timed on multiply-accumulates alone, from a torch module that stands to one number: building
the network and the module is not counted. They are no dependencies of this project:
`pip install budget-nas[bench]`; a rival that is not installed is left out.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
import torch

from constraints.macs import count_macs
from constraints.target import load_target
from nas.costing.batch import BatchCosts
from nas.costing.parts import Parts
from nas.costing.population import Matrix, Population, genotype_of
from nas.costing.single import SingleCosts
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.presets import images, signals, tiny_images
from search_spaces.space import SearchSpace
from studies.rival_counters import RIVALS, Counter, RunnableGraph, image_of, installed_rivals

TARGET = "stm32l4r5"
ROUNDS = 5
WARM_UP_ROUNDS = 5
ALLOWED_DISAGREEMENT = 0.05
"""Of a rival's count from ours: ptflops counts activations and pools, too."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """Networks a second of processor time, medians of `ROUNDS` rounds; `rivals` by name."""

    single_per_s: int
    batch_per_s: int
    cold_s: float
    rivals: dict[str, float]


@click.command()
@click.option("--population", default=1_000_000, show_default=True, help="Genotypes costed at once.")
@click.option("--singles", default=20_000, show_default=True, help="Genotypes costed one by one, each round.")
@click.option("--networks", default=10, show_default=True, help="Networks that the rivals count.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(population: int, singles: int, networks: int, as_json: bool) -> None:  # noqa: FBT001 - click's own
    """Prints networks a second by preset, and the slowest of ours beside the fastest of each rival."""
    torch.set_num_threads(1)
    spaces = {
        "tiny_images": tiny_images.space((32, 32, 3), 10),
        "signals": signals.space((49, 10, 1), 12),
        "images": images.space((96, 96, 3), 2),
    }
    speeds = {name: measure(space, population, singles, networks) for name, space in spaces.items()}
    figures = {
        "single_per_s": min(speed.single_per_s for speed in speeds.values()),
        "batch_per_s": min(speed.batch_per_s for speed in speeds.values()),
        "rivals": {name: max(speed.rivals[name] for speed in speeds.values()) for name in installed_rivals()},
        "presets": {name: asdict(speed) for name, speed in speeds.items()},
        "conditions": f"target {TARGET}, one thread, {singles:,} single and {population:,} together",
    }
    if as_json:
        click.echo(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        click.echo(f"{name}: {value}")
    if len(installed_rivals()) < len(RIVALS):
        click.echo("some rivals are not installed: pip install fvcore ptflops")


def measure(space: SearchSpace, population: int, singles: int, networks: int) -> Speeds:
    """All speeds on one space."""
    rng = random.Random(0)
    parts, draw = Parts(space, load_target(TARGET)), Population(space)
    single, batch = SingleCosts(parts), BatchCosts(parts)
    first = draw.sample(rng, population)
    began = time.process_time()
    batch.costs(first)
    cold_s = round(time.process_time() - began, 2)
    for row in draw.sample(rng, WARM_UP_ROUNDS * singles):
        single.cost(genotype_of(row).genes)
    alone = [_singles_per_second(single, draw.sample(rng, singles)) for _ in range(ROUNDS)]
    together = [_batch_per_second(batch, draw.sample(rng, population)) for _ in range(ROUNDS)]
    graphs = [lower(space, genotype_of(row)) for row in draw.sample(rng, networks)]
    rivals = {name: _rival_per_second(graphs, count) for name, count in installed_rivals().items()}
    return Speeds(round(statistics.median(alone)), round(statistics.median(together)), cold_s, rivals)


def _singles_per_second(single: SingleCosts, population: Matrix) -> float:
    drawn = [genotype_of(row).genes for row in population]
    began = time.process_time()
    for genes in drawn:
        single.cost(genes)
    return len(drawn) / (time.process_time() - began)


def _batch_per_second(batch: BatchCosts, population: Matrix) -> float:
    began = time.process_time()
    batch.costs(population)
    return len(population) / (time.process_time() - began)


def _rival_per_second(graphs: Sequence[Graph], count: Counter) -> float:
    """Networks a second, counting alone; the first is counted once more before, as rivals have to warm up.

    Raises:
        ValueError: the rival counts something else than we do.
    """
    prepared = [(RunnableGraph(graph).eval(), image_of(graph)) for graph in graphs]
    count(*prepared[0])
    began = time.process_time()
    counted = [count(module, image) for module, image in prepared]
    seconds = time.process_time() - began
    for graph, macs in zip(graphs, counted, strict=True):
        if abs(macs / count_macs(graph) - 1) > ALLOWED_DISAGREEMENT:
            raise ValueError(f"{count.__name__} counts {macs:,.0f} where we count {count_macs(graph):,}")
    return round(len(graphs) / seconds, 1)


if __name__ == "__main__":
    main()
