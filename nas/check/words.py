"""Figures of a check as a reader meets them."""

from __future__ import annotations

from constraints.units import format_bytes, format_kib
from nas.check.result import CheckResult, OpRow
from nas.check.verdict import Limit
from search_spaces.graph import OpKind

UNKNOWN = "–"
HEADINGS = ("#", "op", "in → out", "MACs", "bytes alive", "cycles")
"""What `cells` are."""


def cells(row: OpRow) -> tuple[str, ...]:
    """An operator as a line of a table."""
    return (
        str(row.op.index),
        operator(row),
        f"{shapes(row.inputs)} → {shapes(row.outputs)}",
        number(row.macs),
        number(row.memory.alive),
        UNKNOWN if row.cycles is None else f"{row.cycles:,.0f}",
    )


def size(value: int | None) -> str:
    """Bytes as "12,448 B (12.2 KiB)", a dash where they are not known."""
    return UNKNOWN if value is None else f"{format_bytes(value)} ({format_kib(value)})"


def number(value: int | None) -> str:
    """A figure as "12,448", a dash where it is not known."""
    return UNKNOWN if value is None else f"{value:,}"


def operator(row: OpRow) -> str:
    """What an operator does, with its window and stride where it has any: "conv 3×3 / 2"."""
    geometry = row.op.geometry
    if geometry is None or geometry.kind is OpKind.GLOBAL_AVERAGE_POOL:
        return row.kind
    words = row.kind
    if geometry.kernel != (1, 1):
        words += f" {times(geometry.kernel)}"
    elif geometry.kind is OpKind.CONV:
        words += " 1×1"
    height, width = geometry.stride
    if (height, width) != (1, 1):
        words += f" / {height}" if height == width else f" / {times(geometry.stride)}"
    return words


def times(extents: tuple[int, ...]) -> str:
    """Extents as "3×3"."""
    return "×".join(str(extent) for extent in extents)


def shape(extents: tuple[int, ...]) -> str:
    """A shape without its batch of one: "32×32×3"."""
    rest = extents[1:] if len(extents) > 1 and extents[0] == 1 else extents
    return times(rest) or "1"


def shapes(many: tuple[tuple[int, ...], ...]) -> str:
    """Several shapes, each said once: "8×8×64" of two equal ones."""
    return ", ".join(dict.fromkeys(shape(one) for one in many))


def time(milliseconds: float | None) -> str:
    """Milliseconds with three digits."""
    if milliseconds is None:
        return UNKNOWN
    return f"{milliseconds:,.0f} ms" if milliseconds >= 100 else f"{milliseconds:.3g} ms"


def energy(microjoules: float | None) -> str:
    """Microjoules, a dash where they are not known."""
    if microjoules is None:
        return UNKNOWN
    return f"{microjoules:,.0f} uJ" if microjoules >= 100 else f"{microjoules:.3g} uJ"


def error(result: CheckResult) -> str:
    """What the target says of its own error."""
    model = result.target.latency
    if model is None or model.median_error is None:
        return "its error is not known"
    worst = "" if model.worst_error is None else f", worst {model.worst_error:.0%}"
    return f"median error {model.median_error:.0%}{worst}"


def verdict(limit: Limit) -> str:
    """What is left ("fits, 3,000 B left"), how much is too much, or that it is not known."""
    if limit.needed is None or limit.left is None:
        return "not known"
    if limit.fits is False:
        return f"too much by {amount(-limit.left, limit.unit)} (+{limit.needed / limit.allowed - 1:.1%})"
    left = f"{amount(limit.left, limit.unit)} left"
    return f"not known: {left} before what is not modelled" if limit.fits is None else f"fits, {left}"


def amount(value: float | None, unit: str) -> str:
    """A figure and its unit."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f} {unit}" if unit in ("B", "MACs") or value >= 100 else f"{value:.3g} {unit}"
