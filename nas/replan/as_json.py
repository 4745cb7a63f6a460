"""What `nas replan --json` says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nas.replan.replan import Replanned, Side


def as_json(done: Replanned, written: str | None) -> dict[str, Any]:
    """One object; `written` is the path of the file, None where none was written."""
    before, after = done.head_bytes
    compared = done.compared
    return {
        "kernels": done.kernels.library.value,
        "before": _side(done.before),
        "after": _side(done.after),
        "head_bytes": {"before": before, "after": after, "is_recorded": done.is_recorded},
        "saved_percent": round(100 * (1 - after / before), 2) if before else 0.0,
        "operators": len(done.planned.program.steps),
        "overlapping": list(done.planned.overlapping),
        "is_reordered": done.planned.is_reordered,
        "replaces_unsafe_plan": done.replaces_unsafe,
        "inputs": compared.inputs,
        "equal": compared.differing == 0,
        "distinct_outputs": compared.distinct,
        "written": written,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "arena": asdict(side.arena),
        "predicted_head_bytes": side.predicted_head_bytes,
        "file_bytes": side.file_bytes,
    }
