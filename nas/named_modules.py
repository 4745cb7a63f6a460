"""Finds a part by the name of its file: `nas/controllers/nsga2.py` is the controller `nsga2`."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def part_names(package: ModuleType, offers: str) -> list[str]:
    """Every file of the package that defines `offers`, as users write it: with hyphens."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name.replace("_", "-") for name in names if hasattr(_module(package, name), offers))


def find_part(package: ModuleType, offers: str, name: str) -> object:
    """What the file of that name defines as `offers`; the name is one of `part_names`."""
    return getattr(_module(package, name.replace("-", "_")), offers)


def _module(package: ModuleType, name: str) -> ModuleType:
    return importlib.import_module(f"{package.__name__}.{name}")
