"""The result of `nas check` for people, made to be read on 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nas.check import words
from nas.check.as_json import reasons
from nas.check.bars import memory_bars
from nas.check.facts import facts
from nas.check.result import CheckResult, OpRow


def report(result: CheckResult) -> RenderableType:
    """Everything: the operators, the memory as bars, the sums, the limits and what is not known."""
    title = Text(f"{result.name} on {result.target.name}", style="bold")
    parts: list[RenderableType] = [title, Text(), op_table(result), Text(), memory_bars(result), Text()]
    parts.append(summary(result))
    if result.limits:
        parts += [Text(), limit_table(result)]
    notes = list(_notes(result))
    return Group(*parts, *([Text()] if notes else []), *notes)


def op_table(result: CheckResult) -> Table:
    """One line an operator; the peak stands out."""
    table = _table(("#", "right"), ("op", "left"), ("in → out", "left"), ("MACs", "right"))
    table.add_column("bytes alive", justify="right", no_wrap=True)
    if result.target.latency is not None:
        table.add_column("cycles", justify="right", no_wrap=True)
    for row in result.ops:
        cells = [str(row.op.index), words.operator(row), _shapes(row), words.plain_bytes(row.macs)]
        cells.append(f"{row.memory.alive:,}")
        if result.target.latency is not None:
            cells.append(words.UNKNOWN if row.cycles is None else f"{row.cycles:,.0f}")
        table.add_row(*(Text(cell) for cell in cells), style="bold" if row is result.peak else "")
    return table


def summary(result: CheckResult) -> Table:
    """The arena, the file, the work, the time and the energy."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in facts(result):
        table.add_row(Text(name), Text(text))
    return table


def limit_table(result: CheckResult) -> Table:
    """What is needed and allowed of every limit, and the verdict."""
    table = _table(("limit", "left"), ("needs", "right"), ("allowed", "right"), ("verdict", "left"))
    for limit in result.limits:
        style = {True: "green", False: "red", None: "yellow"}[limit.fits]
        table.add_row(
            limit.quantity,
            words.amount(limit.needed, limit.unit),
            words.amount(limit.allowed, limit.unit),
            Text(words.verdict(limit), style=style),
        )
    return table


def _notes(result: CheckResult) -> Iterator[Text]:
    for name, reason in reasons(result).items():
        yield Text(f"{name.replace('_', ' ')}: {reason}", style="dim")


def _shapes(row: OpRow) -> str:
    return f"{words.shapes(row.inputs)} → {words.shapes(row.outputs)}"


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left")
    return table
