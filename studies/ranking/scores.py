"""Cheap scores of the networks, measured and kept: one row a network, a score and a seed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from nas.files import write_text
from nas.scores.context import ScoringContext
from nas.training.evaluate import Score
from nas.workers import open_workers
from search_spaces.graph import Graph

KEPT = Path(__file__).with_name("scores.jsonl")

ScoreOf = Callable[[ScoringContext, Graph], Score]


@dataclass(frozen=True, slots=True)
class Scored:
    """What one way of scoring said of a network; `seconds` are those of a thread, for this network alone."""

    score: str
    digest: str
    seed: int
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Contender:
    """A network to be scored."""

    digest: str
    graph: Graph


def read_scores(path: Path = KEPT) -> list[Scored]:
    """All rows that are kept."""
    if not path.exists():
        return []
    return [Scored(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(
    name: str,
    function: ScoreOf,
    context: ScoringContext,
    contenders: Sequence[Contender],
    workers: str,
    path: Path = KEPT,
) -> list[Scored]:
    """Scores what has no row of that name and the stream's seed yet; gives all rows of all scores."""
    rows, seed = read_scores(path), context.stream.seed
    have = {row.digest for row in rows if (row.score, row.seed) == (name, seed)}
    missing = [one for one in contenders if one.digest not in have]
    with open_workers(workers, context) as pool:
        for row in pool.map(partial(_score, name, function), missing):
            rows.append(row)
            write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows))
    return rows


def _score(name: str, function: ScoreOf, context: ScoringContext, contender: Contender) -> Scored:
    began = time.thread_time()
    result = function(context, contender.graph)
    return Scored(
        name,
        contender.digest,
        context.stream.seed,
        result.loss,
        result.accuracy,
        time.thread_time() - began,
    )
