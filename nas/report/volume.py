"""What is said under the hypervolume: whose it is, and from which corner it is measured."""

from __future__ import annotations

from html import escape

from nas.controllers.hypervolume_gain import AHEAD_FROM
from nas.report import words
from nas.report.data import ReportData


def volume_caption(data: ReportData) -> str:
    """Text of the caption, as HTML."""
    return (
        f"Controller <strong>{escape(data.controller)}</strong>. Computed from the scored candidates: how"
        f" much of the space of objectives their front dominates, {_corner(data)}. The loss is the score;"
        " costs are predicted and count as fractions of their limits. It rises with each candidate that"
        f" betters the front and stands still while none does.{_ahead(data)}"
    )


def _ahead(data: ReportData) -> str:
    if data.controller != "hypervolume-gain":
        return ""
    return f" After {AHEAD_FROM} candidates every second one was sought among the lowest losses alone."


def _corner(data: ReportData) -> str:
    if data.corner is None:
        return "up to a corner that was not recorded"
    beyond = "the budget" if data.budget else "what the largest network needs"
    costs = ", ".join(
        f"{words.LIMIT_NAMES[axis]} {words.limit(axis, at)}" for axis, at in data.corner.costs.items()
    )
    return (
        f"up to the corner at a loss of {data.corner.loss:.4g} (worse than nine of ten scores) and"
        f" {costs} ({beyond} and a thousandth more)"
    )
