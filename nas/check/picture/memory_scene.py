"""The picture of a check: the bytes in use op by op, and below it where in the arena they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from constraints.units import format_bytes
from nas.check.memory import SCRATCH, Memory
from nas.check.picture.scene import INK, LIMIT, LINE, PAPER, PARTS, PEAK, SOFT, Box, Label, Rule, Scene, Shape
from nas.check.result import CheckResult

LEFT, RIGHT, TOP = 84.0, 24.0, 96.0
CHART, BETWEEN, BOTTOM = 250.0, 64.0, 44.0
LEAST_WIDTH, OP_WIDTH = 640.0, 26.0
ROOM = 1.12
"""The axis ends this much above the tallest bar."""
LABEL_WIDTH, LABEL_HEIGHT = 58.0, 15.0
"""The least box that a label goes into."""
LEAST_OUTLINED = 3.0
TINTS = ("#dcebf1", "#eef0ec", "#cfe0e8", "#e4e7e0")


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where a chart stands; `most` is the figure at its top."""

    top: float
    width: float
    ops: int
    most: float

    @property
    def bottom(self) -> float:
        """Where 0 is."""
        return self.top + CHART

    def x(self, op: float) -> float:
        """Where an operator's column begins."""
        return LEFT + (self.width - LEFT - RIGHT) * op / self.ops

    def y(self, size: float) -> float:
        """Where a figure is."""
        return self.bottom - CHART * size / self.most


def memory_scene(result: CheckResult) -> Scene:
    """Bars on the same axis as the arena's map, and the limits where they are near."""
    ops = len(result.ops)
    width = max(LEAST_WIDTH, LEFT + RIGHT + OP_WIDTH * ops)
    limit = _near_limit(result)
    most = ROOM * max(result.arena.head_bytes, limit or 0, 1)
    bars = _Axes(TOP, width, ops, most)
    places = _Axes(TOP + CHART + BETWEEN, width, ops, most)
    height = places.bottom + BOTTOM
    shapes: list[Shape] = [Box(0, 0, width, height, PAPER), *_heading(result)]
    for axes, title in ((bars, "bytes in use"), (places, "arena offset")):
        shapes += [*_grid(axes, title), *_limit_line(axes, limit)]
    shapes += [*_bars(result, bars), *_map(result.arena.memory, places), *_op_numbers(places)]
    return Scene(width, height, tuple(shapes))


def _near_limit(result: CheckResult) -> float | None:
    """The limit on activations, where it is near enough to be drawn with them."""
    allowed = next((one.allowed for one in result.limits if one.quantity == "activations"), None)
    return allowed if allowed is not None and allowed <= 1.8 * result.arena.head_bytes else None


def _heading(result: CheckResult) -> Iterator[Shape]:
    peak = result.peak
    yield Label(LEFT, 32, f"Activation memory of {result.name}", 18, INK, is_bold=True)
    yield Label(
        LEFT,
        53,
        f"peak {format_bytes(peak.memory.alive)} at op {peak.op.index} ({peak.kind}), "
        f"arena head {format_bytes(result.arena.head_bytes)}, on {result.target.name}",
        12,
        SOFT,
    )
    x = LEFT
    for part, colour in PARTS.items():
        if any(getattr(row.memory, part) for row in result.ops):
            yield Box(x, 66, 11, 11, colour)
            yield Label(x + 16, 76, part, 12, SOFT)
            x += 74


def _grid(axes: _Axes, title: str) -> Iterator[Shape]:
    yield Label(LEFT - 72, axes.top - 8, title, 12, SOFT)
    step = _step(axes.most)
    for figure in range(0, int(axes.most) + 1, step):
        yield Rule(LEFT, axes.y(figure), axes.width - RIGHT, axes.y(figure), LINE)
        yield Label(LEFT - 8, axes.y(figure) + 4, f"{figure:,}", 11, SOFT, "end")


def _step(most: float) -> int:
    """A round distance between grid lines, which gives three to six of them."""
    power = 10 ** max(0, len(str(int(most))) - 2)
    return next(step for step in (power, 2 * power, 5 * power, 10 * power, 20 * power) if most / step <= 6)


def _limit_line(axes: _Axes, limit: float | None) -> Iterator[Shape]:
    if limit is not None:
        yield Rule(LEFT, axes.y(limit), axes.width - RIGHT, axes.y(limit), LIMIT, is_dashed=True)
        yield Label(axes.width - RIGHT, axes.y(limit) - 5, f"limit {limit:,.0f} B", 11, LIMIT, "end")


def _bars(result: CheckResult, axes: _Axes) -> Iterator[Shape]:
    for row in result.ops:
        left, right = axes.x(row.op.index + 0.1), axes.x(row.op.index + 0.9)
        memory, sum_bytes = row.memory, 0
        for part, size in zip(
            PARTS, (memory.reads, memory.writes, memory.keeps, memory.scratch), strict=True
        ):
            if size:
                top = axes.y(sum_bytes + size)
                hint = f"op {row.op.index}, {row.kind}: {part} {size:,} B of {memory.alive:,} B in use"
                yield Box(left, top, right - left, axes.y(sum_bytes) - top, PARTS[part], None, hint)
                sum_bytes += size
        if row is result.peak:
            yield Box(
                left, axes.y(memory.alive), right - left, axes.bottom - axes.y(memory.alive), None, PEAK
            )
            anchor = "end" if row.op.index > len(result.ops) / 2 else "start"
            x = right if anchor == "end" else left
            yield Label(x, axes.y(memory.alive) - 5, f"peak {memory.alive:,} B", 12, PEAK, anchor)


def _map(memory: Memory, axes: _Axes) -> Iterator[Shape]:
    """Each buffer from the op that writes it to the last that reads it, at its place in the arena."""
    for number, one in enumerate(sorted(memory.placed, key=lambda one: one.offset)):
        first, last = max(0, one.buffer.first - 1), one.buffer.last - 1
        if last < first:
            continue
        left, right, top = axes.x(first), axes.x(last + 1), axes.y(one.end)
        height = axes.y(one.offset) - top
        name = one.buffer.name if one.buffer.name != SCRATCH else "scratch memory"
        hint = f"{name}: {one.buffer.size_bytes:,} B at {one.offset:,}, ops {first} to {last}"
        fill = PARTS["scratch"] if one.buffer.name == SCRATCH else TINTS[number % len(TINTS)]
        yield Box(left, top, right - left, height, fill, SOFT if height > LEAST_OUTLINED else None, hint)
        if right - left >= LABEL_WIDTH and height >= LABEL_HEIGHT:
            middle = top + height / 2 + 4
            yield Label((left + right) / 2, middle, f"{one.buffer.size_bytes:,} B", 11, INK, "middle")


def _op_numbers(axes: _Axes) -> Iterator[Shape]:
    for op in range(axes.ops):
        yield Label((axes.x(op) + axes.x(op + 1)) / 2, axes.bottom + 16, str(op), 11, SOFT, "middle")
    yield Label(axes.width - RIGHT, axes.bottom + 34, "op, in the order of running", 12, SOFT, "end")
