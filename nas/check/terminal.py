"""The result of `nas check` for people, made to be read on 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nas.check import words
from nas.check.as_json import reasons
from nas.check.memory import OpMemory
from nas.check.result import CheckResult
from nas.check.summary import summary_lines

WIDTH = 60
"""Letters of the longest bar."""
STYLES = {"reads": "cyan", "writes": "blue", "keeps": "bright_black", "scratch": "magenta"}
MARKS = {"reads": "▒", "writes": "█", "keeps": "░", "scratch": "▚"}


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
    sides = ("right", "left", "left", "right", "right", "right")
    shown = len(sides) if result.target.latency is not None else len(sides) - 1
    table = _table(*list(zip(words.HEADINGS, sides, strict=True))[:shown])
    for row in result.ops:
        cells = (Text(cell) for cell in words.cells(row)[:shown])
        table.add_row(*cells, style="bold" if row is result.peak else "")
    return table


def memory_bars(result: CheckResult) -> Text:
    """A bar an operator, in four parts; the longest one is the peak."""
    most = max(row.memory.alive for row in result.ops) or 1
    text = Text("activation memory: ")
    used = [part for part in STYLES if any(getattr(row.memory, part) for row in result.ops)]
    for part in used:
        text.append(f"{MARKS[part]} {part}  ", style=STYLES[part])
    for row in result.ops:
        text.append(f"\n{row.op.index:>4} ")
        for part, letters in _parts(row.memory, most):
            text.append(MARKS[part] * letters, style=STYLES[part])
        at_peak = row is result.peak
        text.append(f" {row.memory.alive:,}{' peak' if at_peak else ''}", style="bold red" if at_peak else "")
    return text


def summary(result: CheckResult) -> Table:
    """The arena, the file, the work, the time and the energy."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in summary_lines(result):
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


def _parts(memory: OpMemory, most: int) -> list[tuple[str, int]]:
    """Letters of each part; they end where the running sum does, so that rounding does not add up."""
    parts: list[tuple[str, int]] = []
    total = drawn = 0
    for part, size in zip(STYLES, (memory.reads, memory.writes, memory.keeps, memory.scratch), strict=True):
        total += size
        end = round(WIDTH * total / most)
        parts.append((part, end - drawn))
        drawn = end
    return parts


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left")
    return table
