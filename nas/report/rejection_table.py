"""What was turned away before training, by reason, as an HTML table with bars."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def rejection_table(rejections: Sequence[tuple[str, int]]) -> str:
    """(reason, how many candidates), the most frequent first, with each one's share of all."""
    total = sum(count for _, count in rejections)
    if total == 0:
        return "<p class='empty'>Nothing was rejected before training.</p>"
    rows = "".join(_row(reason, count, count / total) for reason, count in sorted(rejections, key=_by_count))
    return (
        "<table class='rejections'><thead><tr><th>reason</th><th>candidates</th><th>share</th><th></th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _by_count(rejection: tuple[str, int]) -> int:
    return -rejection[1]


def _row(reason: str, count: int, share: float) -> str:
    return (
        f"<tr><th scope='row'>{escape(reason)}</th><td>{count:,}</td><td>{share:.1%}</td>"
        f"<td class='bar'><span style='width:{share:.1%}'></span></td></tr>"
    )
