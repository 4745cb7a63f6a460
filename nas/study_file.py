"""Study files: TOML in, a `Study` out, and back."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from constraints.budget import Budget
from constraints.nearest import suggest
from nas.study import BadStudy, Steps, Study

BUDGET_KEYS = ("activations", "ram", "flash", "latency", "energy", "macs")
STEP_KEYS = ("supernet", "trials", "finalist")
PLAIN_KEYS = tuple(f.name for f in fields(Study) if f.name not in {"budget", "steps"})
TEXTS = (
    "name",
    "data",
    "space",
    "target",
    "controller",
    "score",
    "weight_sharing",
    "precision",
    "workers",
    "storage",
    "baseline",
)
COUNTS = ("seed", "seeds", "teachers", "finalists", "score_images", "batch_size")


def shipped_studies() -> tuple[str, ...]:
    """Names of the study files that come with the package, sorted."""
    files = resources.files("studies").iterdir()
    return tuple(sorted(Path(file.name).stem for file in files if file.name.endswith(".toml")))


def read_study(name_or_path: str) -> Study:
    """A study by the path of its file, or a shipped one by name.

    Raises:
        BadStudy: there is no such file, it is no TOML, or it holds what a study does not.
        BadAmount: an amount in its budget cannot be read.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return parse_study(read_text(path), str(path), path.stem)
    shipped = resources.files("studies") / f"{path.stem}.toml"
    if shipped.is_file() and path.suffix in {"", ".toml"} and path.parent.name in {"", "studies"}:
        return parse_study(shipped.read_text(encoding="utf-8"), f"{path.stem}.toml", path.stem)
    missing = "does not exist; give a .toml file" if path.suffix == ".toml" else "must be a .toml file"
    raise BadStudy(
        f"study {name_or_path!r} {missing} or the name of a shipped study; "
        + suggest(path.stem, shipped_studies())
    )


def read_text(path: Path) -> str:
    """The text of a study file.

    Raises:
        BadStudy: it is not UTF-8.
        OSError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadStudy(
            f"study {path} must be UTF-8 text, but byte {error.start} is not: save it as UTF-8"
        ) from error


def parse_study(text: str, where: str, default_name: str) -> Study:
    """A study out of the text of its file; `where` names it in errors.

    Raises:
        BadStudy: the text is no TOML, or holds what a study does not.
        BadAmount: an amount in its budget cannot be read.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadStudy(f"study {where} is not valid TOML: {error}") from error
    table.pop("made_with", None)
    _check_keys(table, (*PLAIN_KEYS, "budget", "steps"), where, "")
    budget, steps = table.pop("budget", {}), table.pop("steps", None)
    _check_keys(budget, BUDGET_KEYS, where, "budget.")
    if "data" not in table:
        raise BadStudy(f'study {where} must say which data to learn from, e.g. data = "digits"')
    plain = {name: _checked(name, value, where) for name, value in table.items()}
    if steps is not None:
        plain["steps"] = _steps(steps, where)
        plain.setdefault("minutes", None)
    return Study(**{"name": default_name, **plain, "budget": Budget.parse(**budget)})


def parse_steps(text: str) -> Steps:
    """Steps as an option gives them: "2000,200,4000" for supernet, trials and finalist.

    Raises:
        BadStudy: these are no three whole numbers above zero.
    """
    match = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", text, re.ASCII)
    if match is None:
        names = ",".join(STEP_KEYS)
        raise BadStudy(f"steps must be three whole numbers {names} such as 2000,200,4000, got {text!r}")
    return Steps(*(int(number) for number in match.groups()))


def _steps(table: Mapping[str, Any], where: str) -> Steps:
    _check_keys(table, STEP_KEYS, where, "steps.")
    missing = [key for key in STEP_KEYS if key not in table]
    if missing:
        raise BadStudy(f"study {where}: [steps] must give {', '.join(STEP_KEYS)}, {missing[0]} is missing")
    wrong = [key for key in STEP_KEYS if isinstance(table[key], bool) or not isinstance(table[key], int)]
    if wrong:
        raise BadStudy(f"study {where}: steps.{wrong[0]} must be a whole number, got {table[wrong[0]]!r}")
    return Steps(**table)


def _check_keys(table: Any, known: tuple[str, ...], where: str, prefix: str) -> None:  # noqa: ANN401 - TOML's own
    if not isinstance(table, Mapping):
        raise BadStudy(f"study {where}: {prefix.rstrip('.')} must be a table, got {table!r}")
    for key in table:
        if key not in known:
            raise BadStudy(f"study {where} has an unknown key {prefix}{key}; {suggest(key, known)}")


def _checked(name: str, value: Any, where: str) -> Any:  # noqa: ANN401 - TOML's own
    """The value if it has the type that the key asks for."""
    if name in TEXTS and not isinstance(value, str):
        raise BadStudy(f"study {where}: {name} must be a text in quotes, got {value!r}")
    if name in COUNTS and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadStudy(f"study {where}: {name} must be a whole number, got {value!r}")
    if name == "minutes" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise BadStudy(f"study {where}: minutes must be a number, got {value!r}")
    if name == "augment":
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise BadStudy(f'study {where}: augment must be a list such as ["shift", "flip"], got {value!r}')
        return tuple(value)
    return value


def write_study(study: Study, made_with: Mapping[str, str]) -> str:
    """The study as the text of a file that `parse_study` reads back; `made_with` holds versions."""
    lines = []
    for name in PLAIN_KEYS:
        value = getattr(study, name)
        if value is not None:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    amounts = zip(BUDGET_KEYS, study.budget.limits, ("B", "B", "B", "ms", "uJ", ""), strict=True)
    lines += ["", "[budget]"]
    lines += [f'{key} = "{limit!r}{unit}"' for key, limit, unit in amounts if limit is not None]
    if study.steps is not None:
        lines += ["", "[steps]", *(f"{key} = {getattr(study.steps, key)}" for key in STEP_KEYS)]
    made = (f"{json.dumps(key)} = {json.dumps(text, ensure_ascii=False)}" for key, text in made_with.items())
    lines += ["", "[made_with]", *made]
    return "\n".join(lines) + "\n"


def with_budget(study: Study, amounts: Mapping[str, str | None]) -> Study:
    """The study with some amounts of its budget replaced, as a user writes them.

    Raises:
        BadAmount: an amount cannot be read.
    """
    given = {name: amount for name, amount in amounts.items() if amount is not None}
    parsed = Budget.parse(**given)
    limits = zip(fields(Budget), parsed.limits, strict=True)
    changes = {entry.name: limit for entry, limit in limits if limit is not None}
    return replace(study, budget=replace(study.budget, **changes))
