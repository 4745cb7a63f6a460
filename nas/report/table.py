"""The front as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from nas.report import words
from nas.report.data import FinalistPoint

LEGEND = "plain: measured by the runtime · ~ predicted · – not known"
HEADINGS = ("test", "validation", "activations", "arena", "flash", "MACs", "latency")


def front_table(finalists: Sequence[FinalistPoint]) -> Table:
    """The finalists, best first as given; those off the front come last, dim, with their reason."""
    table = Table(title="Pareto front, int8", caption=LEGEND, caption_justify="left", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("digest", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verified")
    front = [finalist for finalist in finalists if finalist.on_front]
    others = [finalist for finalist in finalists if not finalist.on_front]
    for rank, finalist in enumerate(front, start=1):
        table.add_row(str(rank), *_cells(finalist), "yes" if finalist.verified else "no")
    if front and others:
        table.add_section()
    for finalist in others:
        table.add_row("", *_cells(finalist), finalist.why_not or "not on the front", style="dim")
    return table


def _cells(finalist: FinalistPoint) -> tuple[str, ...]:
    return (
        finalist.digest,
        words.percent(finalist.test_accuracy),
        words.percent(finalist.val_accuracy),
        words.known_bytes(finalist.activations_bytes),
        words.known_bytes(finalist.arena_bytes),
        words.known_bytes(finalist.flash_bytes),
        words.macs(finalist.macs),
        words.milliseconds(finalist.latency_ms),
    )
