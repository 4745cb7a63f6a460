"""Scores put through the rule that a search fits to its anchors: measured once a way and a seed, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nas.calibration import Anchor, Sizes, fit
from nas.display import SilentDisplay
from nas.files import write_text
from nas.parallel.workers import open_workers
from nas.phases.anchors import calibrated, read_anchors
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder
from nas.scores.context import ScoringContext
from nas.training.allowance import Allowance
from studies.ranking.clock import processor_seconds
from studies.ranking.networks import Ranked
from studies.ranking.scores import Scored

KEPT = Path(__file__).with_name("anchors.jsonl")
STEPS = 800
"""Of every anchor, its tuning in int8 included: what a search of half an hour has for them."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """The anchors of one way and seed, and the seconds of processor time that they took."""

    way: str
    seed: int
    anchors: tuple[Anchor, ...]
    seconds: float


def read_rules(path: Path = KEPT) -> list[Ruled]:
    """All that are kept."""
    if not path.exists():
        return []
    return [_ruled(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def measure_rule(
    problem: Problem,
    way: str,
    score: str,
    context: ScoringContext,
    workers: str,
    folder: Path,
    path: Path = KEPT,
) -> None:
    """Chooses, scores and trains the anchors as a search with that `--score` does, unless they are kept."""
    rows, seed = read_rules(path), context.stream.seed
    if any((row.way, row.seed) == (way, seed) for row in rows):
        return
    place = RunFolder(folder / f"anchors-{way}-{seed}".replace(" ", "-").replace(",", ""))
    place.path.mkdir(parents=True, exist_ok=True)
    seeded = replace(problem, study=replace(problem.study, score=score, seed=seed))
    began = processor_seconds()
    with open_workers(workers, context) as pool:
        calibrated(seeded, place, pool, Allowance(steps=STEPS), SilentDisplay())
    rows.append(Ruled(way, seed, tuple(read_anchors(place)), processor_seconds() - began))
    write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows))


def by_rule(scores: Sequence[Scored], rules: Sequence[Ruled], networks: Sequence[Ranked]) -> list[Scored]:
    """The scores that have a rule, put through it, as ways of their own."""
    sizes = {one.digest: one.sizes for one in networks}
    found = []
    for rule in rules:
        calibration = fit(rule.anchors)
        found += [
            replace(
                row,
                way=f"{row.way}, by the rule",
                loss=calibration.expected_loss(row.loss, sizes[row.digest]),
                shared_seconds=row.shared_seconds + rule.seconds,
            )
            for row in scores
            if (row.way, row.seed) == (rule.way, rule.seed)
        ]
    return found


def _ruled(row: dict[str, object]) -> Ruled:
    anchors = tuple(
        Anchor(**{**anchor, "sizes": Sizes(**anchor["sizes"])})
        for anchor in row["anchors"]  # type: ignore[union-attr] - as it was written
    )
    return Ruled(str(row["way"]), int(row["seed"]), anchors, float(row["seconds"]))  # type: ignore[arg-type]
