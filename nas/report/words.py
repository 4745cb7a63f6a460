"""Numbers and names as a reader meets them: accuracies in per cent, bytes grouped and in KiB."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from constraints.units import format_bytes, format_kib
from nas.report.data import FinalistPoint, Known, Spread

MISSING = "–"
LIMIT_NAMES = {
    "activations_bytes": "activations",
    "ram_bytes": "RAM",
    "flash_bytes": "flash",
    "latency_ms": "latency",
    "energy_uj": "energy",
    "macs": "MACs",
}


def percent(fraction: float | None) -> str:
    """A fraction of 1 as "92.61%"; a dash where there is none."""
    if fraction is None or not math.isfinite(fraction):
        return MISSING
    return f"{fraction * 100:.2f}%"


def spread(known: Spread) -> str:
    """A mean over seeds as "92.21% ± 0.12% (3 seeds)"."""
    return f"{percent(known.mean)} ± {percent(known.deviation)} ({known.count} seeds)"


def size(value: float) -> str:
    """Bytes as "12,448 B (12.2 KiB)"."""
    return f"{format_bytes(round(value))} ({format_kib(round(value))})"


def known_bytes(known: Known) -> str:
    """Bytes as "12,448 B", with "~" before a prediction; a dash where nothing is known."""
    if known.value is None:
        return MISSING
    return f"{'' if known.is_measured else '~'}{format_bytes(round(known.value))}"


def how_known(known: Known) -> str:
    """KiB and what the other figure says: "12.2 KiB, as predicted"."""
    if known.value is None:
        return ""
    kib = format_kib(round(known.value))
    if known.measured is None:
        return f"{kib}, predicted"
    if known.predicted is None:
        return f"{kib}, measured"
    if round(known.predicted) == round(known.measured):
        return f"{kib}, as predicted"
    return f"{kib}, predicted {format_bytes(round(known.predicted))}"


def macs(count: int) -> str:
    """Multiply-accumulates as "4.37 M"."""
    return f"{count / 1e6:.2f} M" if count >= 10_000 else f"{count:,}"


def milliseconds(latency_ms: float | None) -> str:
    """A predicted latency as "~37.2 ms"; a dash where the target has no model of it."""
    if latency_ms is None or not math.isfinite(latency_ms):
        return MISSING
    return f"~{latency_ms:.3g} ms" if latency_ms < 100 else f"~{latency_ms:,.0f} ms"


def limit(axis: str, value: float) -> str:
    """A limit of a budget's field: "12,448 B (12.2 KiB)", "4.37 M", "40 ms"."""
    if axis.endswith("_bytes"):
        return size(value)
    if axis == "macs":
        return macs(round(value))
    return f"{value:g} {'ms' if axis == 'latency_ms' else 'µJ'}"


def how_executed(finalists: Sequence[FinalistPoint]) -> str:
    """How the accuracies of finalists are known, to go after a comma."""
    executed = sum(finalist.executed for finalist in finalists)
    if not finalists:
        return "of which there are none yet"
    if executed == len(finalists):
        return "measured as the runtime executed them"
    if executed == 0:
        return "simulated, since no runtime executed them"
    return f"measured for {executed} of {len(finalists)}, simulated for the others"


def plural(count: int, noun: str) -> str:
    """A count and what it counts: "1 network", "24 networks"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def network_link(digest: str) -> str:
    """A link that has the page show a network."""
    return f"<a class='digest' href='#{escape(digest)}'>{escape(digest)}</a>"
