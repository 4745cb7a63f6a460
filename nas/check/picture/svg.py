"""A scene as SVG."""

from __future__ import annotations

from html import escape

from nas.check.picture.scene import Box, Label, Rule, Scene, Shape

FONT = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"


def write_svg(scene: Scene) -> str:
    """The whole file, which needs nothing beside it."""
    width, height = f"{scene.width:g}", f"{scene.height:g}"
    shapes = "\n".join(_element(shape) for shape in scene.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FONT}">\n{shapes}\n</svg>\n'
    )


def _element(shape: Shape) -> str:
    match shape:
        case Box():
            return _box(shape)
        case Label():
            weight = ' font-weight="600"' if shape.is_bold else ""
            return (
                f'<text x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size:g}" fill="{shape.colour}" '
                f'text-anchor="{shape.anchor}"{weight}>{_text(shape.text)}</text>'
            )
        case Rule():
            dash = ' stroke-dasharray="6 4"' if shape.is_dashed else ""
            return (
                f'<line x1="{shape.x:.2f}" y1="{shape.y:.2f}" x2="{shape.to_x:.2f}" y2="{shape.to_y:.2f}" '
                f'stroke="{shape.colour}"{dash}/>'
            )


def _box(box: Box) -> str:
    stroke = f' stroke="{box.stroke}"' if box.stroke else ""
    start = (
        f'<rect x="{box.x:.2f}" y="{box.y:.2f}" width="{box.width:.2f}" height="{box.height:.2f}" '
        f'fill="{box.fill or "none"}"{stroke}'
    )
    return f"{start}><title>{_text(box.hint)}</title></rect>" if box.hint else f"{start}/>"


def _text(text: str) -> str:
    """XML has no place for control characters, nor for halves of surrogate pairs."""
    return escape("".join(letter if letter.isprintable() else "?" for letter in text))
