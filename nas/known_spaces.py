"""Finds a search space: a preset by the name of its file, or a user's own file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

from constraints.nearest import suggest
from nas.own_space import space_from_file
from nas.study import BadStudy
from search_spaces import presets
from search_spaces.graph import Shape
from search_spaces.space import SearchSpace

MakeSpace = Callable[[Shape, int], SearchSpace]

LARGE_IMAGE = 48


def space_maker(name_or_path: str) -> MakeSpace:
    """The `space` function of a preset, or of a user's Python file.

    Raises:
        BadStudy: there is no such preset or file, the file fails, or it defines no `space`.
    """
    path = Path(name_or_path)
    if path.suffix == ".py":
        return space_from_file(path)
    known = [module.name for module in pkgutil.iter_modules(presets.__path__)]
    if name_or_path not in known:
        raise BadStudy(
            f"space {name_or_path!r} must be a preset or the path of a .py file; "
            f"{suggest(name_or_path, known)}"
        )
    return importlib.import_module(f"search_spaces.presets.{name_or_path}").space


def suited_space(shape: Shape) -> str:
    """The preset for data of this shape: signals are one pixel wide, or far from square."""
    height, width, _ = shape
    if min(height, width) == 1 or max(height, width) >= 3 * min(height, width):
        return "signals"
    return "images" if min(height, width) > LARGE_IMAGE else "tiny_images"
