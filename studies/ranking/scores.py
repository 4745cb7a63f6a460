"""Cheap scores of the networks, measured and kept: one row a network, a way of ranking and a seed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from nas.files import write_text
from nas.parallel.workers import open_workers
from nas.scores.context import ScoringContext
from nas.scores.rule import ScoreOf
from search_spaces.graph import Graph

KEPT = Path(__file__).with_name("scores.jsonl")


@dataclass(frozen=True, slots=True)
class Scored:
    """What one way said of a network, and the seconds of processor time that it took.

    `seconds` are for this network alone; `shared_seconds` were spent once for all networks of this way and
    seed.
    """

    way: str
    seed: int
    digest: str
    loss: float
    accuracy: float
    seconds: float
    shared_seconds: float


@dataclass(frozen=True, slots=True)
class Shared:
    """The name of a way, and what was spent for all networks together."""

    way: str
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


def lacking(way: str, seed: int, contenders: Sequence[Contender], path: Path = KEPT) -> list[Contender]:
    """Those that have no row of that way and seed."""
    have = {row.digest for row in read_scores(path) if (row.way, row.seed) == (way, seed)}
    return [one for one in contenders if one.digest not in have]


def measure(
    shared: Shared,
    score: ScoreOf,
    context: ScoringContext,
    contenders: Sequence[Contender],
    workers: str,
    path: Path = KEPT,
) -> None:
    """Scores what is lacking, a row at a time."""
    rows = read_scores(path)
    missing = lacking(shared.way, context.stream.seed, contenders, path)
    with open_workers(workers, context) as pool:
        for row in pool.map(partial(_score, shared, score), missing):
            rows.append(row)
            write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows))


def _score(shared: Shared, score: ScoreOf, context: ScoringContext, contender: Contender) -> Scored:
    began = time.thread_time()
    result = score(context, contender.graph)
    seconds = time.thread_time() - began
    seed = context.stream.seed
    return Scored(shared.way, seed, contender.digest, result.loss, result.accuracy, seconds, shared.seconds)
