"""NAS-Bench-201 as a table: every cell's error and latency, and an encoding of its cells as graphs.

The table is an .npz with `arch` (15,625, 6), the op of each edge as an index; test accuracies in per cent
after 200 epochs (`c10_test200`, `c100_test200`, `in16_test200`: NATS-Bench, Dong et al. 2021,
arXiv:2009.00437); and latencies in milliseconds (`lat_ms_raspi4` and others: HW-NAS-Bench, Li et al. 2021,
arXiv:2103.10584).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nas.pareto import hypervolume

Floats = NDArray[np.float64]

WORST_ERROR = 20.0
LATENCY_PERCENTILE = 95
PATHS = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The ways from a cell's input to its output, as edges (0-1, 0-2, 1-2, 0-3, 1-3, 2-3)."""
NONE, SKIP, CONV1, CONV3, POOL = range(5)


class BadTable(ValueError):
    """A file is not the table that it should be."""


@dataclass(frozen=True, eq=False)
class Table:
    """Errors in per cent and latencies in milliseconds, one of each a cell; `edges` are the cells, (n, 6)."""

    edges: NDArray[np.int64]
    errors: Floats
    latencies_ms: Floats
    worst_error: float = WORST_ERROR

    @property
    def reference(self) -> tuple[float, float]:
        """The corner of hypervolume: the worst error, the 95th percentile of latency."""
        return self.worst_error, float(np.percentile(self.latencies_ms, LATENCY_PERCENTILE))

    def covered(self, cells: NDArray[np.int64] | list[int]) -> float:
        """Hypervolume of these cells."""
        errors, latencies_ms = self.errors[cells], self.latencies_ms[cells]
        order = np.lexsort((errors, latencies_ms))
        errors, latencies_ms = errors[order], latencies_ms[order]
        least_before = np.minimum.accumulate(np.append(np.inf, errors[:-1]))
        front = errors < least_before  # of the many, those that a faster one does not beat
        points = zip(errors[front].tolist(), latencies_ms[front].tolist(), strict=True)
        return hypervolume(list(points), self.reference)


def load_table(path: Path, accuracy: str, device: str, worst_error: float = WORST_ERROR) -> Table:
    """The columns of one data set ("c10_test200") and one device ("raspi4").

    Raises:
        BadTable: the file cannot be read or has no such column, or all its errors are above the worst.
    """
    try:
        columns = np.load(path)
        table = Table(
            columns["arch"].astype(np.int64),
            100.0 - columns[accuracy].astype(float),
            columns[f"lat_ms_{device}"].astype(float),
            worst_error,
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadTable(f"{path} is no table with {accuracy} and lat_ms_{device}: {error}") from error
    if table.errors.min() >= worst_error:
        raise BadTable(
            f"some errors must be below the worst one, {worst_error}%, the least in {accuracy} is "
            f"{table.errors.min():.1f}%: raise --worst-error"
        )
    return table


def encode(edges: NDArray[np.int64]) -> Floats:
    """What a cell computes, not how it is written: ops on edges that no path uses leave no trace.

    By sequence of ops how many paths of the cell are just that, skips left out; then counts over the cell.
    """
    words = ["".join(word) for length in range(4) for word in product("123", repeat=length)]
    bags = np.zeros((len(edges), len(words)))
    counts = np.zeros((len(edges), 10))
    for row, cell in enumerate(edges.tolist()):
        paths = [[cell[edge] for edge in path] for path in PATHS if all(cell[edge] for edge in path)]
        for path in paths:
            bags[row, words.index("".join(str(op - 1) for op in path if op != SKIP))] += 1
        counts[row] = _counts(cell, paths)
    spread = counts.std(axis=0)
    return np.hstack([0.4 * bags, (counts - counts.mean(axis=0)) / np.where(spread > 0, spread, 1.0)])


def _counts(cell: list[int], paths: list[list[int]]) -> list[float]:
    live = {edge for path in PATHS if all(cell[edge] for edge in path) for edge in path}
    ones, threes, pools = (sum(cell[edge] == op for edge in live) for op in (CONV1, CONV3, POOL))
    deepest = max((sum(op in (CONV1, CONV3) for op in path) for path in paths), default=0)
    widest = max((path.count(CONV3) for path in paths), default=0)
    shortest = min((sum(op != SKIP for op in path) for path in paths), default=0)
    weights = ones + 9 * threes
    return [len(paths), ones, threes, pools, deepest, widest, shortest, len(live), np.log1p(weights), weights]
