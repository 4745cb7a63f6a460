"""Numbers and names as a reader meets them: accuracies in per cent, bytes grouped and in KiB."""

from __future__ import annotations

import math
from html import escape

from constraints.units import format_bytes, format_kib
from nas.report.data import Known

MISSING = "–"


def percent(fraction: float | None) -> str:
    """A fraction of 1 as "92.61%"; a dash where there is none."""
    if fraction is None or not math.isfinite(fraction):
        return MISSING
    return f"{fraction * 100:.2f}%"


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


def plural(count: int, noun: str) -> str:
    """A count and what it counts: "1 network", "24 networks"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def network_link(digest: str) -> str:
    """A link that has the page show a network."""
    return f"<a class='digest' href='#{escape(digest)}'>{escape(digest)}</a>"
