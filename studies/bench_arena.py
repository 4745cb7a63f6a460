"""Predicted memory against what TensorFlow Lite Micro records, on random networks of every shipped space.

`python -m studies.bench_arena [--n 1000] [--seed 0] [--json]`

Every network is exported untrained (random weights), once with our plan of its memory and once without, and
loaded by TFLM, which records its arena. Of each space the figures are:

- `n`: how many networks;
- `head_equal`: the fraction whose recorded head is the predicted one, to the byte, with our plan, and
  `plain_head_equal` the same without it, where TFLM's own planner is followed;
- `tail_max_rel`: the largest |predicted tail / recorded tail - 1|;
- `file_max_rel`: the same for the bytes of the file;
- `saved_mean`: the mean of 1 - head with our plan / head by TFLM's own planning, and `saved_least`;
  `saved_arena_mean` is that of the whole arenas (head and tail);
- `outputs_equal`: the fraction whose outputs are equal to the bit with and without our plan, on `INPUTS`
  random inputs.

The spaces are sampled uniformly: a search, which looks for networks that fit a small arena, saves more.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from constraints.arena.graph_program import program_of
from constraints.arena.layout import lay_out
from constraints.arena.liveness import lifetimes
from constraints.arena.placement import place
from constraints.arena.tail import tail_bytes
from constraints.flash import flash_bytes
from constraints.kernels import HOST
from nas.export.tflite import write_tflite
from nas.verify.tflm import record_arena, run_tflm, tflm_version
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from search_spaces.presets import images, signals, tiny_images
from search_spaces.space import SearchSpace
from studies.untrained import random_images, random_network

INPUTS = 2
SPACES = (
    tiny_images.space((28, 28, 1), 10),
    images.space((48, 48, 3), 10),
    signals.space((49, 10, 1), 12),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One network: what was predicted against what was recorded; heads and arenas in bytes."""

    head_equal: bool
    plain_head_equal: bool
    tail_error: float
    file_error: float
    saved: float
    saved_arena: float
    outputs_equal: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """All networks of one space; fields as the module says."""

    n: int
    head_equal: float
    plain_head_equal: float
    tail_max_rel: float
    file_max_rel: float
    saved_mean: float
    saved_least: float
    saved_arena_mean: float
    outputs_equal: float
    runtime: str


def measure(graph: Graph, seed: int) -> Row:
    """Exports a network with and without a plan and has TFLM record and run both."""
    layout = lay_out(graph, HOST)
    network = random_network(layout.graph, seed)
    planned, plain = write_tflite(network, layout.plan.offsets), write_tflite(network, None)
    recorded, own = record_arena(planned), record_arena(plain)
    own_head = place(lifetimes(program_of(layout.graph, HOST))).head_bytes
    inputs = random_images(layout.graph, INPUTS, seed)
    return Row(
        head_equal=recorded.head_bytes == layout.plan.head_bytes,
        plain_head_equal=own.head_bytes == own_head,
        tail_error=abs(tail_bytes(layout.graph) / recorded.tail_bytes - 1),
        file_error=max(
            abs(flash_bytes(layout.graph, plan_in_file=True) / len(planned) - 1),
            abs(flash_bytes(layout.graph) / len(plain) - 1),
        ),
        saved=1 - recorded.head_bytes / own.head_bytes,
        saved_arena=1 - recorded.total_bytes / own.total_bytes,
        outputs_equal=bool(np.array_equal(run_tflm(planned, inputs), run_tflm(plain, inputs))),
    )


def summarize(rows: Sequence[Row]) -> Summary:
    """The figures of one space."""
    return Summary(
        n=len(rows),
        head_equal=statistics.mean(row.head_equal for row in rows),
        plain_head_equal=statistics.mean(row.plain_head_equal for row in rows),
        tail_max_rel=max(row.tail_error for row in rows),
        file_max_rel=max(row.file_error for row in rows),
        saved_mean=statistics.mean(row.saved for row in rows),
        saved_least=min(row.saved for row in rows),
        saved_arena_mean=statistics.mean(row.saved_arena for row in rows),
        outputs_equal=statistics.mean(row.outputs_equal for row in rows),
        runtime=f"tflite-micro {tflm_version()}",
    )


def bench(space: SearchSpace, count: int, seed: int) -> Summary:
    """Measures random networks of a space."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(count):
        rows.append(measure(lower(space, space.sample(rng)), seed + number))
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{space.name}: {number + 1} of {count}")
    return summarize(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures of every space, as a table or as JSON."""
    parser = argparse.ArgumentParser(description="Predicted memory against TensorFlow Lite Micro's record.")
    parser.add_argument("--n", type=int, default=1000, help="networks of each space")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if options.n < 1:
        parser.error(f"--n must be 1 or more, got {options.n}")
    if tflm_version() is None:
        parser.error("executing models needs the tflite-micro wheel (Linux, x86-64): install it there")
    found = {space.name: asdict(bench(space, options.n, options.seed)) for space in SPACES}
    if options.json:
        text = json.dumps(found, indent=1)
    else:
        text = "\n".join(
            f"{name}: " + ", ".join(f"{key} {_short(value)}" for key, value in figures.items())
            for name, figures in found.items()
        )
    sys.stdout.write(text + "\n")
    return 0


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main())
