"""Neural architecture search for devices with little memory: data and a budget in, a verified front out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constraints.budget import Budget
    from nas.api import search
    from nas.run import Candidate, Run, load_run
    from nas.study import Steps, Study
    from nas.study_file import read_study

__all__ = ["Budget", "Candidate", "Run", "Steps", "Study", "load_run", "read_study", "search"]

_HOMES = {
    "Budget": "constraints.budget",
    "Candidate": "nas.run",
    "Run": "nas.run",
    "Steps": "nas.study",
    "Study": "nas.study",
    "load_run": "nas.run",
    "read_study": "nas.study_file",
    "search": "nas.api",
}


def __dir__() -> list[str]:
    """What completion offers, before anything is imported."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Imports what is asked for, so that `import nas` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module nas has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
