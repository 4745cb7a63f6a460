"""A scene as pixels."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from nas.check.picture.scene import Box, Label, Rule, Scene

SCALE = 2
"""Pixels a point, for screens that have many."""
DASH, SPACE = 6, 4
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def write_png(scene: Scene) -> bytes:
    """The whole file."""
    image = Image.new("RGB", (round(scene.width * SCALE), round(scene.height * SCALE)), "white")
    pen = ImageDraw.Draw(image)
    for shape in scene.shapes:
        match shape:
            case Box():
                _box(pen, shape)
            case Label():
                _label(pen, shape)
            case Rule():
                _rule(pen, shape)
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _box(pen: ImageDraw.ImageDraw, box: Box) -> None:
    left, top = round(box.x * SCALE), round(box.y * SCALE)
    right = max(left, round((box.x + box.width) * SCALE) - 1)
    bottom = max(top, round((box.y + box.height) * SCALE) - 1)
    pen.rectangle((left, top, right, bottom), box.fill, box.stroke, 1 if box.stroke is None else SCALE)


def _label(pen: ImageDraw.ImageDraw, label: Label) -> None:
    font = ImageFont.load_default(label.size * SCALE)
    place = (label.x * SCALE, label.y * SCALE)
    pen.text(
        place,
        label.text,
        label.colour,
        font,
        _ANCHORS[label.anchor],
        stroke_width=SCALE / 4 if label.is_bold else 0,
        stroke_fill=label.colour,
    )


def _rule(pen: ImageDraw.ImageDraw, rule: Rule) -> None:
    """Dashes are drawn one by one, along lines that go across."""
    if not rule.is_dashed:
        pen.line(
            (rule.x * SCALE, rule.y * SCALE, rule.to_x * SCALE, rule.to_y * SCALE), rule.colour, SCALE // 2
        )
        return
    x = rule.x
    while x < rule.to_x:
        end = min(x + DASH, rule.to_x)
        pen.line((x * SCALE, rule.y * SCALE, end * SCALE, rule.to_y * SCALE), rule.colour, SCALE)
        x += DASH + SPACE
