"""The shipped targets, for people and for programs."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from constraints.target import list_targets, load_target


def target_rows() -> list[dict[str, Any]]:
    """One object a target; sizes in bytes, None where it has none of its own."""
    rows = []
    for name in list_targets():
        target = load_target(name)
        rows.append(
            {
                "name": name,
                "title": target.title,
                "core": target.core,
                "clock_hz": target.clock_hz,
                "ram_bytes": target.ram_bytes,
                "flash_bytes": target.flash_bytes,
                "software_stack": target.software_stack,
                "has_energy_model": target.energy is not None,
                "sources": dict(target.sources),
            }
        )
    return rows


def target_table() -> Table:
    """The same as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in (("target", "left"), ("core", "left"), ("MHz", "right"), ("RAM KiB", "right")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type] - "left" and "right" are what rich takes
    table.add_column("flash KiB", justify="right")
    table.add_column("latency of")
    for row in target_rows():
        table.add_row(
            row["name"],
            row["core"],
            _scaled(row["clock_hz"], 1_000_000),
            _scaled(row["ram_bytes"], 1024),
            _scaled(row["flash_bytes"], 1024),
            row["software_stack"],
        )
    table.caption = (
        "Memory is the chip's total: leave the application its share. Your board: --target FILE.toml"
    )
    table.caption_justify = "left"
    return table


def _scaled(value: int | None, unit: int) -> str:
    return "–" if value is None else f"{value / unit:,.0f}"
