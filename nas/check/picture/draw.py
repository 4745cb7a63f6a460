"""Draws a check into a file of the kind that its name ends in."""

from __future__ import annotations

from pathlib import Path

from nas.check.picture.memory_scene import memory_scene
from nas.check.picture.page import write_page
from nas.check.picture.svg import write_svg
from nas.check.result import CheckResult
from nas.files import write_bytes, write_text


class UnknownPicture(ValueError):
    """A picture is asked for in a file of another kind than can be written."""


def draw(result: CheckResult, path: Path) -> None:
    """Writes the picture to `path`.

    Raises:
        UnknownPicture: its name ends neither in .svg nor in .png or .html.
    """
    check_name(path)
    scene = memory_scene(result)
    match path.suffix.lower():
        case ".svg":
            write_text(path, write_svg(scene))
        case ".html":
            write_text(path, write_page(result, write_svg(scene)))
        case _:
            from nas.check.picture.png import write_png

            write_bytes(path, write_png(scene))


def check_name(path: Path) -> None:
    """Accepts a name that ends as a picture's does.

    Raises:
        UnknownPicture: it ends otherwise.
    """
    if path.suffix.lower() not in (".svg", ".png", ".html"):
        raise UnknownPicture(f"a picture must end in .svg, .png or .html, got {path}: name it so")
