"""The front as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from nas.report import words
from nas.report.data import BaselinePoint, FinalistPoint

LEGEND = "int8 accuracies; memory in bytes; ~ predicted, else measured or counted."
HEADINGS = ("test", "val", "activations", "arena", "flash", "MACs", "latency")


def front_table(finalists: Sequence[FinalistPoint], baseline: BaselinePoint | None = None) -> Table:
    """The finalists, best first as given; those off the front come last, dim, their reasons under the table.

    The baseline, if there is one, stands below all of them.

    It is made to be read on 80 columns.
    """
    front = [finalist for finalist in finalists if finalist.on_front]
    others = [finalist for finalist in finalists if not finalist.on_front]
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 0), pad_edge=False, show_edge=False, caption_justify="left"
    )
    table.caption = _caption(finalists, others, baseline)
    table.add_column("#", justify="right")
    table.add_column("digest", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verified", no_wrap=True)
    for rank, finalist in enumerate(front, start=1):
        table.add_row(str(rank), *_cells(finalist))
    if front and others:
        table.add_section()
    for finalist in others:
        table.add_row("", *_cells(finalist), style="dim")
    if baseline is not None:
        table.add_section()
        table.add_row("", *_baseline_cells(baseline))
    return table


def _cells(finalist: FinalistPoint) -> tuple[Text, ...]:
    return (
        Text(finalist.digest),
        Text(words.percent(finalist.test_accuracy)),
        Text(words.percent(finalist.val_accuracy)),
        Text(words.known_bytes(finalist.activations_bytes).removesuffix(" B")),
        Text(words.known_bytes(finalist.arena_bytes).removesuffix(" B")),
        Text(words.known_bytes(finalist.flash_bytes).removesuffix(" B")),
        Text(words.macs(finalist.macs)),
        Text(words.milliseconds(finalist.latency_ms)),
        Text("yes" if finalist.verified else "no"),
    )


def _baseline_cells(baseline: BaselinePoint) -> tuple[Text, ...]:
    return (
        Text("baseline"),
        Text(words.percent(baseline.test_accuracy)),
        Text(words.MISSING),
        Text(words.known_bytes(baseline.activations_bytes).removesuffix(" B")),
        Text(words.known_bytes(baseline.arena_bytes).removesuffix(" B")),
        Text(f"{baseline.flash_bytes:,}"),
        Text(words.macs(baseline.macs)),
        Text(words.milliseconds(baseline.latency_ms)),
        Text("yes" if baseline.arena_bytes.is_measured else "no"),
    )


def _caption(
    finalists: Sequence[FinalistPoint], others: Sequence[FinalistPoint], baseline: BaselinePoint | None
) -> Text:
    spreads = [
        f"\n{finalist.digest} over its seeds: test {words.spread(finalist.spread)}."
        for finalist in finalists
        if finalist.spread is not None
    ]
    reasons = [
        f"\n{finalist.digest} is off the front: {finalist.why_not or 'dominated'}." for finalist in others
    ]
    if baseline is not None:
        reasons.append(f"\nbaseline is {'; '.join([baseline.name, *baseline.notes])}.")
    return Text(LEGEND + "".join([*spreads, *reasons]))
