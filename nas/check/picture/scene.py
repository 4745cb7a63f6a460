"""A drawing as plain values, which become a vector or a pixel file; lengths in points, y downwards."""

from __future__ import annotations

from dataclasses import dataclass

PAPER, INK, SOFT, LINE = "#fdfdfb", "#1c2226", "#59646c", "#dfe3df"
PEAK, LIMIT = "#c04a12", "#a3324f"
PARTS = {"reads": "#9cc3d5", "writes": "#2f83a8", "keeps": "#c9ccc4", "scratch": "#8d6aa8"}
"""The colours of the report (nas/report/page/style.css)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `hint` is shown where the pointer rests on it, in files that can."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None
    stroke: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `anchor` says which part of it is at `x`: start, middle or end. `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float = 12
    colour: str = INK
    anchor: str = "start"
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line across or down."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str = LINE
    is_dashed: bool = False


Shape = Box | Label | Rule


@dataclass(frozen=True, slots=True)
class Scene:
    """Shapes in the order of drawing."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
