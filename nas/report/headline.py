"""The report's first words, as HTML."""

from __future__ import annotations

from html import escape

from nas.report import words
from nas.report.data import BaselinePoint, FinalistPoint, Known, ReportData
from nas.report.words import network_link


def budget_list(data: ReportData) -> str:
    """The limits as a short list; empty where there are none."""
    items = [
        f"<li>{words.LIMIT_NAMES[axis]} ≤ <strong>{words.limit(axis, limit)}</strong></li>"
        for axis, limit in data.budget.items()
    ]
    return f"<ul class='budget' aria-label='budget'>{''.join(items)}</ul>" if items else ""


def headline(data: ReportData) -> str:
    """One paragraph about the best network, or about why there is none."""
    front = [finalist for finalist in data.ranked if finalist.on_front]
    if front:
        against = "" if data.baseline is None else f" {_against(front[0], data.baseline)}"
        return f"<p class='lead'>{_best_in_words(front[0])}{against}</p>{_tiles(front[0])}"
    return f"<p class='lead'>{_without_front(data)}</p>"


def _without_front(data: ReportData) -> str:
    if data.finalists:
        count = len(data.finalists)
        none = "The one finalist is not" if count == 1 else f"None of the {count} finalists is"
        return f"{none} on the front; the table says why."
    if not data.scored:
        return "No network has been scored yet."
    best = max(data.scored, key=lambda point: point.accuracy)
    return (
        f"{words.plural(len(data.scored), 'network')} scored, none trained to the end yet. The best score so"
        f" far is <strong>{words.percent(best.accuracy)}</strong> of the validation set, by"
        f" {network_link(best.digest)}."
    )


def _best_in_words(best: FinalistPoint) -> str:
    accuracy, split = best.test_accuracy, "test"
    if accuracy is None:
        accuracy, split = best.val_accuracy, "validation"
    proof = f"{escape(best.runtime)} has executed it." if best.verified else "No runtime has executed it yet."
    return (
        f"The best network is right on <strong>{words.percent(accuracy)}</strong> of the {split} set in int8."
        f" It needs {_in_words(best.arena_bytes)} of RAM and {_in_words(best.flash_bytes)} of flash. {proof}"
    )


def _against(best: FinalistPoint, baseline: BaselinePoint) -> str:
    """The best network beside the baseline."""
    parts = [
        _share("activations", best.activations_bytes.value, baseline.activations_bytes.value),
        _share("file", best.flash_bytes.value, baseline.flash_bytes),
        _share("work", best.macs, baseline.macs),
    ]
    if best.test_accuracy is not None and baseline.test_accuracy is not None:
        points = 100 * (best.test_accuracy - baseline.test_accuracy)
        parts.insert(0, f"test accuracy {points:+.2f} points")
    told = ", ".join(part for part in parts if part)
    return f"Against the baseline, {escape(baseline.name)}: {told}."


def _share(name: str, own: float | None, other: float | None) -> str:
    return "" if own is None or not other else f"{name} {100 * (own / other - 1):+.0f}%"


def _in_words(known: Known) -> str:
    if known.value is None:
        return "an unknown amount"
    about = "" if known.is_measured else "a predicted "
    return f"{about}<strong>{words.size(known.value)}</strong>"


def _tiles(best: FinalistPoint) -> str:
    activations = best.activations_bytes
    tiles = [
        ("network", network_link(best.digest), "its layers and memory"),
        ("activations", words.known_bytes(activations), words.how_known(activations)),
        ("work", f"{words.macs(best.macs)} MACs", "for one input"),
    ]
    if best.float_test_accuracy is not None:
        tiles.insert(1, ("float accuracy", words.percent(best.float_test_accuracy), "test, same weights"))
    if best.latency_ms is not None:
        tiles.append(("latency", words.milliseconds(best.latency_ms), "predicted"))
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>" for name, value, note in tiles
    )
    return f"<dl class='tiles'>{cells}</dl>"
