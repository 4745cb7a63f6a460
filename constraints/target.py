"""A device to deploy on, with the source of every number, read from TOML.

Targets come with the package (`constraints/targets/*.toml`) or from a user's own file. A file has `title`,
`core` and, where the device has them, `clock_hz`, `ram_bytes`, `flash_bytes` with an entry each in
`[sources]`; `kernels` ("reference", "cmsis-nn" or "other"; left out, it follows from the core, see
`constraints.target_kernels`); a `[latency]` table with its `source`, or `latency_from`, the name of a shipped
target whose cycles are taken over; an `[energy]` table with its `source`; and for a neural processor, whose
latency its compiler estimates, a `[vela]` table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import cast

from constraints.cost_models import EnergyModel, LatencyModel
from constraints.kernels import HOST, KernelLibrary, Kernels
from constraints.nearest import suggest
from constraints.npu import VelaConfig
from constraints.target_kernels import kernels_of

_SIZES = ("clock_hz", "ram_bytes", "flash_bytes")
KEYS = ("title", "core", "kernels", *_SIZES, "latency_from", "sources", "latency", "energy", "vela")
_ERRORS = frozenset({"median_error", "worst_error", "board_median_error", "board_worst_error"})
_FLAG = "drops_constant_channels"
_TEXTS = ("software_stack", "source", "error_source")

Table = Mapping[str, object]


class BadTarget(ValueError):
    """A target is not known, or its file does not hold what it must."""


@dataclass(frozen=True, slots=True)
class Target:
    """A device. Sizes are None where it has none of its own (a bare core, the host).

    `ram_bytes` is the chip's largest piece of data memory in one block, since an arena cannot span two banks,
    and `flash_bytes` its program memory. Both are the chip's totals: the application, its stack and the
    runtime's code need their share, which a budget has to leave them. `sources` has one entry for each of
    `clock_hz`, `ram_bytes` and `flash_bytes` that is given. `kernels` are those whose memory is predicted.
    `latency_like` names the shipped target whose cycles were taken over, "" where the model is the target's
    own.
    """

    name: str
    title: str
    core: str
    clock_hz: int | None = None
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    latency: LatencyModel | None = None
    energy: EnergyModel | None = None
    kernels: Kernels = HOST
    vela: VelaConfig | None = None
    latency_like: str = ""
    sources: dict[str, str] = field(default_factory=dict[str, str], hash=False)

    @property
    def software_stack(self) -> str:
        """The runtime and kernels whose time is predicted, or "not modelled"."""
        if self.vela is not None:
            return "Vela's estimate"
        return "not modelled" if self.latency is None else self.latency.software_stack


def list_targets() -> tuple[str, ...]:
    """Names of the targets that come with the package, sorted."""
    folder = resources.files("constraints.targets")
    return tuple(sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_target(name_or_path: str | Path) -> Target:
    """A shipped target by name, or a user's by the path of its TOML file.

    Raises:
        BadTarget: no such target (the nearest names are given), or its file is not as it must be.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return _read_target(path.stem, _read_file(path), str(path))
    return _load_shipped(str(name_or_path))


def parse_target(name: str, text: str) -> Target:
    """A target out of the text of a TOML file.

    Raises:
        BadTarget: the text is not as it must be.
    """
    return _read_target(name, text, f"target {name}")


def _load_shipped(name: str) -> Target:
    if name not in list_targets():
        hint = suggest(name, list_targets())
        raise BadTarget(f"no target {name!r}: {hint} (a file of your own must end in .toml)")
    text = resources.files("constraints.targets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return _read_target(name, text, f"target {name}")


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"target file {path} cannot be read: {error}") from error


def _read_target(name: str, text: str, where: str) -> Target:
    try:
        table: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTarget(f"{where} is not TOML: {error}") from error
    _check_keys(table, KEYS, where)
    clock_hz, ram_bytes, flash_bytes = (_size(table, key, where) for key in _SIZES)
    latency = _latency(table, where)
    if latency is not None and clock_hz is None:
        raise BadTarget(f"{where}: a latency model needs clock_hz, which turns cycles into milliseconds")
    core = _text(table, "core", where)
    return Target(
        name=name,
        title=_text(table, "title", where),
        core=core,
        clock_hz=clock_hz,
        ram_bytes=ram_bytes,
        flash_bytes=flash_bytes,
        latency=latency,
        energy=_energy(table, where),
        kernels=kernels_of(core, _library(table, where)),
        vela=_vela(table, where),
        latency_like=str(table.get("latency_from", "")),
        sources=_sources(table, where),
    )


def _library(table: Table, where: str) -> KernelLibrary | None:
    if "kernels" not in table:
        return None
    name, known = _text(table, "kernels", where), tuple(library.value for library in KernelLibrary)
    if name not in known:
        raise BadTarget(f"{where}: kernels must be one of {', '.join(known)}, got {name!r}")
    return KernelLibrary(name)


def _vela(table: Table, where: str) -> VelaConfig | None:
    if "vela" not in table:
        return None
    if "latency" in table or "latency_from" in table:
        raise BadTarget(
            f"{where}: with [vela] the compiler estimates latency; leave latency and latency_from out"
        )
    model, where = _subtable(table, "vela", where), f"{where}, [vela]"
    names = tuple(entry.name for entry in fields(VelaConfig))
    _check_keys(model, names, where)
    config = VelaConfig(*(_text(model, name, where) for name in names))
    family = "_".join(config.accelerator.title().split("-")[:2])
    if not config.system_config.startswith(family):
        raise BadTarget(
            f"{where}: accelerator {config.accelerator!r} needs a system_config that begins with {family}, "
            f"got {config.system_config!r}"
        )
    return config


def _latency(table: Table, where: str) -> LatencyModel | None:
    if "latency_from" in table:
        if "latency" in table:
            raise BadTarget(f"{where} has both latency and latency_from: keep one of them")
        return _load_shipped(_text(table, "latency_from", where)).latency
    if "latency" not in table:
        return None
    return _own_latency(_subtable(table, "latency", where), f"{where}, [latency]")


def _own_latency(model: Table, where: str) -> LatencyModel:
    names = tuple(entry.name for entry in fields(LatencyModel))
    _check_keys(model, names, where)
    stated_errors = model.keys() & _ERRORS
    if stated_errors and "error_source" not in model:
        raise BadTarget(f"{where}: errors need an error_source that says how they were found")
    return replace(
        LatencyModel(
            software_stack=_text(model, "software_stack", where),
            source=_text(model, "source", where),
            error_source=_text(model, "error_source", where) if stated_errors else "",
            drops_constant_channels=_flag(model, _FLAG, where),
        ),
        **{key: _number(model, key, where) for key in names if key in model and key not in (*_TEXTS, _FLAG)},
    )


def _energy(table: Table, where: str) -> EnergyModel | None:
    if "energy" not in table:
        return None
    model, where = _subtable(table, "energy", where), f"{where}, [energy]"
    _check_keys(model, tuple(entry.name for entry in fields(EnergyModel)), where)
    return EnergyModel(
        _number(model, "active_power_mw", where),
        _text(model, "source", where),
        _number(model, "worst_error", where) if "worst_error" in model else None,
    )


def _sources(table: Table, where: str) -> dict[str, str]:
    sources: Table = _subtable(table, "sources", where) if "sources" in table else {}
    _check_keys(sources, _SIZES, f"{where}, [sources]")
    return {key: _text(sources, key, f"{where}, [sources]") for key in _SIZES if key in table}


def _subtable(table: Table, key: str, where: str) -> Table:
    value = table[key]
    if not isinstance(value, dict):
        raise BadTarget(f"{where}: {key} must be a table, got {value!r}")
    return cast("Table", value)


def _check_keys(table: Table, known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise BadTarget(f"{where}: unknown key {key!r}, {suggest(key, known)}")


def _text(table: Table, key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadTarget(f"{where}: {key} must be a text, got {'nothing' if value is None else repr(value)}")
    return value


def _flag(table: Table, key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise BadTarget(f"{where}: {key} must be true or false, got {value!r}")
    return value


def _size(table: Table, key: str, where: str) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise BadTarget(f"{where}: {key} must be a whole number above zero, got {value!r}")
    return value


def _number(table: Table, key: str, where: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise BadTarget(f"{where}: {key} must be a number of 0 or more, got {value!r}")
    return float(value)
