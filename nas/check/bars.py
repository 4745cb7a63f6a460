"""Activation memory op by op, as bars in a terminal."""

from __future__ import annotations

from rich.text import Text

from nas.check.memory import OpMemory
from nas.check.result import CheckResult

WIDTH = 60
STYLES = {"reads": "cyan", "writes": "blue", "keeps": "bright_black", "scratch": "magenta"}
MARKS = {"reads": "▒", "writes": "█", "keeps": "░", "scratch": "▚"}


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
