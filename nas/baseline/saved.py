"""What a run folder says of the run's baseline."""

from __future__ import annotations

from dataclasses import asdict

from nas.report.data import BaselinePoint, Known
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json

PAIRS = ("activations_bytes", "arena_bytes")


def save_point(folder: RunFolder, point: BaselinePoint) -> None:
    """Writes what was found out of the baseline."""
    write_json(folder.baseline_facts, asdict(point))


def saved_point(folder: RunFolder) -> BaselinePoint | None:
    """What was found out of the baseline; None where there is none, or where the exam has not been.

    Raises:
        BadRun: the file that says it is damaged.
    """
    if not folder.baseline_facts.exists():
        return None
    facts = read_json(folder.baseline_facts)
    with sound(folder.baseline_facts):
        known = {name: Known(**facts[name]) for name in PAIRS}
        return BaselinePoint(**{**facts, **known, "notes": tuple(facts["notes"])})
