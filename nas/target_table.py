"""The shipped targets, for people and for programs."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from constraints.target import Target, list_targets, load_target

NOTHING = "–"
CAPTION = (
    "RAM and flash in KiB, the chip's total: leave the application its share. Error of latency: median and "
    "worst of networks that the constants were not fitted on; taken over from another chip, it is unknown. "
    "Sources in full: --json. Your board: --target FILE.toml"
)


def target_rows() -> list[dict[str, Any]]:
    """One object a target; sizes in bytes, errors as fractions, None where there is nothing."""
    return [target_row(load_target(name)) for name in list_targets()]


def target_row(target: Target) -> dict[str, Any]:
    """All that is known of a target, and where from."""
    return {
        "name": target.name,
        "title": target.title,
        "core": target.core,
        "clock_hz": target.clock_hz,
        "ram_bytes": target.ram_bytes,
        "flash_bytes": target.flash_bytes,
        "kernels": target.kernels.library.value,
        "instructions": target.kernels.instructions.value,
        "software_stack": target.software_stack,
        "latency_like": target.latency_like or None,
        "latency_error": _latency_errors(target),
        "latency": None if target.latency is None else asdict(target.latency),
        "energy": None if target.energy is None else asdict(target.energy),
        "vela": None if target.vela is None else asdict(target.vela),
        "has_energy_model": target.energy is not None,
        "sources": dict(target.sources),
    }


def target_table() -> Table:
    """The same in short: a line a target on 100 columns; on fewer, all but names and numbers is wrapped."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("target", no_wrap=True)
    table.add_column("core", overflow="fold")
    for heading in ("MHz", "RAM", "flash"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("latency of", "error", "source"):
        table.add_column(heading, overflow="fold")
    for name in list_targets():
        target = load_target(name)
        table.add_row(
            target.name,
            target.core,
            _scaled(target.clock_hz, 1_000_000),
            _scaled(target.ram_bytes, 1024),
            _scaled(target.flash_bytes, 1024),
            _stack(target),
            _error(target),
            _source(target),
        )
    table.caption, table.caption_justify = CAPTION, "left"
    return table


def _latency_errors(target: Target) -> dict[str, float | str | None] | None:
    """The stated errors; `of` names the target that they were found on, where its cycles were taken over."""
    model = target.latency
    if model is None:
        return None
    return {
        "median": model.median_error,
        "worst": model.worst_error,
        "board_median": model.board_median_error,
        "board_worst": model.board_worst_error,
        "of": target.latency_like or target.name,
        "source": model.error_source or None,
    }


def _stack(target: Target) -> str:
    if target.latency is None and target.vela is None:
        return "measured here" if target.core == "host" else NOTHING
    return target.software_stack


def _error(target: Target) -> str:
    model = target.latency
    if model is None or target.latency_like or model.median_error is None or model.worst_error is None:
        return "unknown" if model is not None or target.vela is not None else NOTHING
    return f"{model.median_error:.0%}, {model.worst_error:.0%}"


def _source(target: Target) -> str:
    if target.latency_like:
        return f"as {target.latency_like}"
    if target.vela is not None:
        return "Arm/vela.ini"
    return NOTHING if target.latency is None else re.split("[,:;(]", target.latency.source)[0].strip()


def _scaled(value: int | None, unit: int) -> str:
    return NOTHING if value is None else f"{value / unit:,.0f}"
