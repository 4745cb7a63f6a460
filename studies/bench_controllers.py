"""Controllers on all of NAS-Bench-201: latency is known, accuracy costs a training.

`python -m studies.bench_controllers --table PATH [--accuracy c10_test200] [--device raspi4] [--json]`

Of every controller the hypervolume of what it has evaluated, as a part of the true front's, after 25, 50,
100 and 200 distinct evaluations: the mean over seeds, and the standard deviation. The corner is an error of
20% and the 95th percentile of latency. The project's controllers, under the names that `--controller` knows,
run as searches run them: they are asked for five at once, that percentile is the budget, so that nothing
slower is asked, and `hypervolume-gain` chooses among some thousand cells that fit, by the corner that a
search has. With `(all cells)` it chooses among all of them, from the benchmark's own corner. The rivals run
as their packages come, on the six edges as categories or integers: random search, Optuna's NSGA-II with a
population of 20 and its multivariate TPE, pymoo's NSGA-II with a population of 20 (`pip install pymoo`).
What a rival proposes twice is answered from memory and not counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import statistics
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import optuna
from numpy.typing import NDArray

from nas.controllers import gp, hypervolume_gain, nsga2, regularized_evolution, reinforce, tpe
from nas.controllers.controller import Controller, Search
from nas.controllers.excess import Excess
from nas.controllers.hypervolume_gain import HypervolumeGain, Knowledge
from nas.trial_log.quiet_optuna import quiet_optuna
from search_spaces.blocks import plain_conv
from search_spaces.genotype import Genotype
from search_spaces.space import Reduction, SearchSpace, Stage, Stem
from studies.nasbench201 import WORST_ERROR, BadTable, Table, encode, load_table

MOMENTS = (25, 50, 100, 200)
AT_ONCE = 5
POPULATION = 20
EDGES, OPS = 6, 5
PROPOSALS = 40
"""Proposals a distinct evaluation, before a rival that repeats itself is ended."""

Order = list[int]
"""Cells in the order in which they were evaluated, each once."""
Contestant = Callable[[Table, int, int], Order]


def among_all(table: Table, seed: int, evaluations: int) -> Order:
    """The model of the loss alone, where every cell below the corner's latency is a candidate."""
    cells = {tuple(cell): index for index, cell in enumerate(table.edges.tolist())}
    genotypes = [Genotype(cell) for cell in cells]
    inside = [genotypes[index] for index in np.flatnonzero(table.latencies_ms < table.reference[1])]
    vectors = encode(table.edges)

    def numbers(asked: Sequence[Genotype]) -> list[int]:
        return [cells[genotype.genes] for genotype in asked]

    knowledge = Knowledge(
        costs=lambda asked: table.latencies_ms[numbers(asked)][:, None],
        encode=lambda asked: vectors[numbers(asked)],
        pool=lambda _, seen, __: [genotype for genotype in inside if genotype not in seen],
    )
    controller = HypervolumeGain(knowledge, random.Random(seed), table.reference)
    return _asked(controller, evaluations, lambda one: cells[one.genes], lambda cell: _told(table, cell))


def _told(table: Table, cell: int) -> tuple[float, float]:
    return float(table.errors[cell]), float(table.latencies_ms[cell])


def _asked(
    controller: Controller,
    evaluations: int,
    cell_of: Callable[[Genotype], int],
    told: Callable[[int], tuple[float, float]],
) -> Order:
    """Asks and tells, until there are enough or nothing is left to ask."""
    order: Order = []
    while asked := controller.ask(min(AT_ONCE, evaluations - len(order))):
        for genotype in asked:
            order.append(cell_of(genotype))
            controller.tell(genotype, told(order[-1]))
    return order


def own(make: Callable[[Search], Controller]) -> Contestant:
    """One of the project's, over a space whose last six genes stand for the edges."""

    def order_of(table: Table, seed: int, evaluations: int) -> Order:
        cells = {tuple(cell): index for index, cell in enumerate(table.edges.tolist())}
        limit = table.reference[1]

        def told(cell: int) -> tuple[float, float]:
            error, latency_ms = _told(table, cell)
            return error, latency_ms / limit

        controller = make(_search_of_edges(table, seed, cells))
        return _asked(controller, evaluations, lambda one: cells[one.genes[-EDGES:]], told)

    return order_of


def _search_of_edges(table: Table, seed: int, cells: dict[tuple[int, ...], int]) -> Search:
    """Six genes of five choices each, and nothing else to choose, within the corner's latency.

    The blocks are no ops of the benchmark and none of their networks is built: the space lends its genes.
    """
    space = SearchSpace(
        name="edges",
        input_channels=1,
        classes=2,
        resolutions=((8, 8),),
        stem=Stem(widths=(8,), strides=((1, 1),)),
        stages=(Stage(depths=(EDGES + 1,), widths=(8,), reductions=(Reduction.STRIDE,)),),
        entries=plain_conv.singles([(1, 1)]),
        blocks=plain_conv.singles([(size, size) for size in range(1, 2 * OPS, 2)]),
    )
    vectors = encode(table.edges)

    def numbers(asked: Sequence[Genotype]) -> list[int]:
        return [cells[genotype.genes[-EDGES:]] for genotype in asked]

    parts = table.latencies_ms / table.reference[1]
    over = np.maximum(parts - 1.0, 0.0)

    def excess_many(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return over[[cells[tuple(row[-EDGES:].tolist())] for row in rows]]

    return Search(
        space=space,
        excess=Excess(lambda one: float(over[cells[one.genes[-EDGES:]]]), excess_many),
        rng=random.Random(seed),
        objective_count=2,
        costs=lambda asked: parts[numbers(asked)][:, None],
        encode=lambda asked: vectors[numbers(asked)],
    )


def random_search(table: Table, seed: int, evaluations: int) -> Order:
    """Cells drawn without replacement."""
    return np.random.default_rng(seed).permutation(len(table.errors))[:evaluations].tolist()


def optuna_nsga2(table: Table, seed: int, evaluations: int) -> Order:
    """Optuna's NSGA-II."""
    sampler = optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
    return _optuna(table, sampler, evaluations)


def optuna_tpe(table: Table, seed: int, evaluations: int) -> Order:
    """Optuna's multivariate TPE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls itself experimental
        sampler = optuna.samplers.TPESampler(multivariate=True, seed=seed)
    return _optuna(table, sampler, evaluations)


def _optuna(table: Table, sampler: optuna.samplers.BaseSampler, evaluations: int) -> Order:
    cells = {tuple(cell): index for index, cell in enumerate(table.edges.tolist())}
    order: dict[int, None] = {}
    with quiet_optuna():
        study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
        for _ in range(PROPOSALS * evaluations):
            trial = study.ask()
            genes = tuple(trial.suggest_categorical(f"edge{edge}", range(5)) for edge in range(6))
            cell = cells[genes]
            study.tell(trial, (float(table.errors[cell]), float(table.latencies_ms[cell])))
            order[cell] = None
            if len(order) == evaluations:
                break
    return list(order)


def pymoo_nsga2(table: Table, seed: int, evaluations: int) -> Order:
    """NSGA-II of pymoo."""
    from studies.pymoo_nsga2 import run  # no dependency of this project

    return run(table, seed, evaluations, POPULATION)


CONTESTANTS: dict[str, Contestant] = {
    "hypervolume-gain (all cells)": among_all,
    "hypervolume-gain": own(hypervolume_gain.controller),
    "nsga2": own(nsga2.controller),
    "regularized-evolution": own(regularized_evolution.controller),
    "tpe": own(tpe.controller),
    "gp": own(gp.controller),
    "reinforce": own(reinforce.controller),
    "random": random_search,
    "optuna NSGA-II(20)": optuna_nsga2,
    "optuna TPE multivariate": optuna_tpe,
    "pymoo NSGA-II(20)": pymoo_nsga2,
}


def contest(table: Table, contestant: Contestant, seeds: int, evaluations: int) -> dict[str, float]:
    """Means at every moment by its number of evaluations, and "sd" of each beside it."""
    whole = table.covered(list(range(len(table.errors))))
    moments = [moment for moment in MOMENTS if moment <= evaluations]
    parts: list[list[float]] = []
    for seed in range(seeds):
        order = contestant(table, seed, evaluations)
        parts.append([table.covered(order[:moment]) / whole for moment in moments])
    columns = list(zip(*parts, strict=True))
    means = {str(moment): statistics.mean(column) for moment, column in zip(moments, columns, strict=True)}
    spreads = {
        f"{moment} sd": statistics.pstdev(column) for moment, column in zip(moments, columns, strict=True)
    }
    return means | spreads


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints every controller's hypervolume, as a table or as JSON."""
    parser = argparse.ArgumentParser(description="Controllers on all of NAS-Bench-201.")
    parser.add_argument("--table", type=Path, required=True, help="an .npz of all cells")
    parser.add_argument("--accuracy", default="c10_test200", help="its column of accuracies")
    parser.add_argument("--device", default="raspi4", help="its column of latencies, without lat_ms_")
    parser.add_argument("--worst-error", type=float, default=WORST_ERROR, help="of the corner, in per cent")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=MOMENTS[-1])
    parser.add_argument("--only", default="", help="controllers whose name has this word")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if options.seeds < 1 or options.evaluations < MOMENTS[0]:
        parser.error(f"--seeds must be 1 or more and --evaluations {MOMENTS[0]} or more")
    try:
        table = load_table(options.table, options.accuracy, options.device, options.worst_error)
    except BadTable as error:
        parser.error(str(error))
    found: dict[str, dict[str, float]] = {}
    for name, contestant in CONTESTANTS.items():
        if name.startswith("pymoo") and importlib.util.find_spec("pymoo") is None:
            sys.stderr.write("pymoo is left out: pip install pymoo\n")
        elif options.only in name:
            found[name] = contest(table, contestant, options.seeds, options.evaluations)
    sys.stdout.write((json.dumps(found, indent=1) if options.json else _as_text(found)) + "\n")
    return 0


def _as_text(found: dict[str, dict[str, float]]) -> str:
    lines = []
    for name, figures in found.items():
        told = [f"{figures[m]:.3f} ± {figures[f'{m} sd']:.3f}" for m in map(str, MOMENTS) if m in figures]
        lines.append(f"{name:24}" + "  ".join(told))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
