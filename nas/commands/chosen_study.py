"""What `nas search` is to search for, and where to: a study file, and the options that override it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.study import Study


def chosen_study(name: str | None, given: dict[str, Any]) -> Study:
    """The study as its file and the options say.

    Raises:
        ValueError: an option or the file is wrong, or there is neither study nor data.
    """
    from nas.study import Study
    from nas.study_file import BUDGET_KEYS, parse_steps, read_study, with_budget

    budget = {key: given.pop(key) for key in BUDGET_KEYS}
    changes = {key: value for key, value in given.items() if value is not None}
    if "minutes" in changes and "steps" in changes:
        raise ValueError("give either --minutes or --steps, not both")
    if "minutes" in changes:
        changes["steps"] = None
    if "steps" in changes and changes["steps"] is not None:
        changes["steps"], changes["minutes"] = parse_steps(changes["steps"]), None
    if name is not None:
        study = read_study(name)
    elif "data" in changes:
        study = Study(name=Path(changes["data"]).resolve().stem or "search", data=changes["data"])
    else:
        raise ValueError(
            "say what to search for: a study, e.g. `nas search digits`, or --data with your own images"
        )
    return with_budget(replace(study, **changes), budget)


def free_folder(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 ... that does not exist."""
    if not path.exists():
        return path
    return next(
        free for number in range(2, 10_000) if not (free := path.with_name(f"{path.name}-{number}")).exists()
    )
