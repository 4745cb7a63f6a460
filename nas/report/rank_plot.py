"""What is said under the rank plot: how well the score foretold the order of the finalists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from nas.kendall import kendall_tau
from nas.report import words
from nas.report.data import BrieflyTrained, FinalistPoint, ReportData

LEAST = 5
"""Of fewer networks Kendall's tau hardly says a thing: of four, one swapped pair moves it by 1/3."""


def rank_plot_caption(data: ReportData) -> str:
    """Text of the caption, as HTML; empty where no finalist has a score."""
    shown = placed(data.finalists)
    if not shown:
        return ""
    rule = ", then put through a rule that the anchors below were used to fit" if data.anchors else ""
    best = f" (of {data.seeds} seeds the one best at it)" if data.seeds > 1 else ""
    absent = len(data.finalists) - len(shown)
    left_out = f" {words.plural(absent, 'finalist')} without a score on record left out." if absent else ""
    return (
        f"Across: what the search scored each by, an int8 validation loss taken"
        f" {escape(data.scoring.how)}{rule}. Up: int8 validation accuracy after training to the end{best},"
        f" {words.how_executed(shown)}.{left_out} {_agreement(shown)} Finalists are the few that were chosen;"
        " how the score ordered networks that were passed over, they do not show."
    )


def brief_part(data: ReportData) -> str:
    """The second figure and its caption, as HTML; empty where no network was trained briefly."""
    if not (data.anchors or data.semifinals):
        return ""
    return (
        "<h3>Expected loss against loss after a short training</h3>"
        "<div class='plot short' id='brief-plot' role='img'"
        " aria-label='Networks trained briefly, expected loss against the loss they came to'></div>"
        "<p class='known'>Both losses are int8, on the validation split, simulated; on the dotted line they"
        f" are equal.{_semifinal_caption(data.semifinals)}{_anchor_caption(data.anchors)}</p>"
    )


def _semifinal_caption(semifinals: Sequence[BrieflyTrained]) -> str:
    if not semifinals:
        return ""
    shown = [one for one in semifinals if one.can_be_shown]
    count, absent = words.plural(len(shown), "semifinalist"), len(semifinals) - len(shown)
    blown_up = f" Training of {absent} more blew up." if absent else ""
    return (
        f" Circles: {count}, those that the search expected most of, after the first of two rounds of"
        " training by which, and by costs, the finalists were chosen."
        f"{blown_up} {_brief_agreement(shown, count)}"
    )


def _anchor_caption(anchors: Sequence[BrieflyTrained]) -> str:
    if not anchors:
        return ""
    count = words.plural(len(anchors), "anchor")
    return (
        f" Squares: {count}, networks from middling to the largest size, trained before the search to fit the"
        " rule that the score goes through. Each stands at the loss that a rule fitted to the others expects"
        " of it."
        f" {_brief_agreement(anchors, count)}"
    )


def _brief_agreement(networks: Sequence[BrieflyTrained], count: str) -> str:
    expected, trained = ([-one.expected_loss for one in networks], [-one.trained_loss for one in networks])
    return _tau_sentence(expected, trained, count)


def placed(finalists: Sequence[FinalistPoint]) -> list[FinalistPoint]:
    """Those that have a finite score."""
    return [one for one in finalists if one.expected_loss is not None and math.isfinite(one.expected_loss)]


def _agreement(shown: Sequence[FinalistPoint]) -> str:
    accuracies = [one.val_accuracy for one in shown]
    scores = [-(one.expected_loss or 0.0) for one in shown]
    said = _tau_sentence(scores, accuracies, words.plural(len(shown), "finalist"))
    by_size = kendall_tau([one.macs for one in shown], accuracies) if len(shown) >= LEAST else math.nan
    if not math.isfinite(by_size):
        return said
    return f"{said} Counting multiply-accumulates, more being better, gives {_signed(by_size)}."


def _tau_sentence(first: Sequence[float], second: Sequence[float], count: str) -> str:
    """Kendall's tau over `count`, in words; higher is better in both."""
    if len(first) < LEAST:
        return f"{count}: too few to tell how well the score ranks."
    tau = kendall_tau(first, second)
    if not math.isfinite(tau):
        return f"Over {count} there is no Kendall's tau: all are equal on one of the two axes."
    return f"Kendall's tau over {count}: <strong>{_signed(tau)}</strong> (1: the same order, 0: no relation)."


def _signed(tau: float) -> str:
    return f"{tau:.2f}".replace("-", "−")
