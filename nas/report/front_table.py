"""All finalists as an HTML table, those on the front ranked and first."""

from __future__ import annotations

from html import escape

from constraints.units import format_bytes
from nas.report import words
from nas.report.data import BaselinePoint, FinalistPoint, Known, ReportData
from nas.report.words import network_link


def front_table(data: ReportData) -> str:
    """The table with a caption that says how its figures are known; empty without finalists."""
    if not data.finalists:
        return ""
    absent = _absent(data)
    headings = "".join(f"<th>{name}</th>" for name, _ in _cells(data.ranked[0]) if name not in absent)
    rows = "".join(_row(finalist, rank, absent) for rank, finalist in enumerate(data.ranked, start=1))
    if data.baseline is not None:
        rows += _baseline_row(data.baseline, absent)
    return (
        f"<table class='front'><caption>{_caption(data)}</caption>"
        f"<thead><tr><th class='rank'>#</th>{headings}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _caption(data: ReportData) -> str:
    front = sum(finalist.on_front for finalist in data.finalists)
    off = len(data.finalists) - front
    below = f"; below them {words.plural(off, 'finalist')} off the front" if off else ""
    runtimes = sorted({escape(finalist.runtime) for finalist in data.finalists if finalist.verified})
    proof = f"Executed by {', '.join(runtimes)}." if runtimes else "No runtime has executed them."
    return (
        f"{words.plural(front, 'network')} on the front, best first{below}. Accuracies are int8; “~” marks a"
        f" prediction, every other figure is measured or counted. {proof}"
    )


def _absent(data: ReportData) -> frozenset[str]:
    """The columns that nothing would stand in."""
    timed = any(finalist.latency_ms is not None for finalist in data.finalists)
    return frozenset() if timed else frozenset({"latency"})


def _row(finalist: FinalistPoint, rank: int, absent: frozenset[str]) -> str:
    kind = "" if finalist.on_front else " class='off'"
    number = str(rank) if finalist.on_front else ""
    cells = [(name, value) for name, value in _cells(finalist) if name not in absent]
    body = "".join(f"<td data-label='{name}'>{value}</td>" for name, value in cells)
    return f"<tr{kind}><td class='rank'>{number}</td>{body}</tr>"


def _baseline_row(baseline: BaselinePoint, absent: frozenset[str]) -> str:
    cells = [(name, value) for name, value in _baseline_cells(baseline) if name not in absent]
    body = "".join(f"<td data-label='{name}'>{value}</td>" for name, value in cells)
    return f"<tr class='baseline'><td class='rank'></td>{body}</tr>"


def _baseline_cells(baseline: BaselinePoint) -> list[tuple[str, str]]:
    executed = baseline.arena_bytes.is_measured
    notes = "".join(f"<small>{escape(note)}</small>" for note in baseline.notes)
    return [
        ("network", f"baseline<small>{escape(baseline.name)}</small>"),
        ("test", f"<b>{words.percent(baseline.test_accuracy)}</b>"),
        ("validation", words.MISSING),
        ("activations", _bytes_cell(baseline.activations_bytes)),
        ("arena", _bytes_cell(baseline.arena_bytes) + _here(baseline.host_arena_bytes)),
        ("flash", _bytes_cell(Known(measured=baseline.flash_bytes))),
        ("MACs", words.macs(baseline.macs)),
        ("latency", words.milliseconds(baseline.latency_ms)),
        ("executed", ("<span class='yes'>✓ yes</span>" if executed else "no") + notes),
    ]


def _cells(finalist: FinalistPoint) -> list[tuple[str, str]]:
    return [
        ("network", network_link(finalist.digest)),
        ("test", _accuracy(finalist)),
        ("validation", words.percent(finalist.val_accuracy)),
        ("activations", _bytes_cell(finalist.activations_bytes) + _unplanned(finalist)),
        ("arena", _bytes_cell(finalist.arena_bytes) + _here(finalist.host_arena_bytes)),
        ("flash", _bytes_cell(finalist.flash_bytes)),
        ("MACs", words.macs(finalist.macs)),
        ("latency", words.milliseconds(finalist.latency_ms)),
        ("executed", _proof(finalist)),
    ]


def _accuracy(finalist: FinalistPoint) -> str:
    int8 = f"<b>{words.percent(finalist.test_accuracy)}</b>"
    if finalist.spread is not None:
        int8 += f"<small>mean {words.spread(finalist.spread)}</small>"
    if finalist.float_test_accuracy is None:
        return int8
    return f"{int8}<small>float {words.percent(finalist.float_test_accuracy)}</small>"


def _bytes_cell(known: Known) -> str:
    return f"{words.known_bytes(known)}<small>{words.how_known(known)}</small>"


def _unplanned(finalist: FinalistPoint) -> str:
    planned = finalist.activations_bytes.value
    if finalist.unplanned_bytes is None or planned is None or finalist.unplanned_bytes <= planned:
        return ""
    mark = "" if finalist.activations_bytes.is_measured else "~"
    return f"<small>{mark}{format_bytes(finalist.unplanned_bytes)} by TFLM's own plan</small>"


def _here(host_arena_bytes: int | None) -> str:
    if host_arena_bytes is None:
        return ""
    return f"<small>{format_bytes(host_arena_bytes)} measured on this 64-bit host</small>"


def _proof(finalist: FinalistPoint) -> str:
    mark = "<span class='yes'>✓ yes</span>" if finalist.verified else "no"
    if finalist.on_front:
        return mark
    return f"{mark}<small class='why'>{escape(finalist.why_not or 'not on the front')}</small>"
