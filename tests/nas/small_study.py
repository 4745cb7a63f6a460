"""A search in steps that takes a few seconds: real digits, a small space of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from constraints.budget import Budget
from nas.study import Steps, Study

OWN_SPACE = Path(__file__).parents[1] / "own_space.py"


def small_study(score: str = "inherited", minutes: float | None = None) -> Study:
    """In steps, unless minutes are given."""
    return Study(
        name="small",
        data="digits",
        space=str(OWN_SPACE),
        budget=Budget(activations_bytes=2_000, flash_bytes=16_000),
        score=score,
        seed=3,
        minutes=minutes,
        steps=Steps(supernet=16, trials=20, finalist=8) if minutes is None else None,
        finalists=2,
        score_images=100,
        batch_size=32,
        workers="inline",
    )


def recorded(run: Path) -> list[dict[str, Any]]:
    """What the journal says of every trial, in order, without the times."""
    lines = [json.loads(line) for line in (run / "journal.log").read_bytes().splitlines()]
    trials = [line for line in lines if "params" in line]
    return [
        {
            "params": trial["params"],
            "values": trial["values"],
            "user_attrs": {key: value for key, value in trial["user_attrs"].items() if key != "seconds"},
        }
        for trial in trials
    ]


TIMED = {"clock.json", "journal.log", "report.html", "supernet.json"}
"""Files that speak of seconds, which no two runs share."""


def files_of(run: Path) -> dict[str, bytes]:
    """Every file of a run that two runs of one seed must share, by its path; without where the run is."""
    names = sorted(path.relative_to(run) for path in run.rglob("*") if path.is_file())
    read = {str(name): (run / name).read_bytes() for name in names if name.name not in TIMED}
    return {name: re.sub(rb'"[^"]*/space\.py"', b'"space.py"', content) for name, content in read.items()}
