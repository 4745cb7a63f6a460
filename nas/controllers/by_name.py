"""Finds a controller by the name of its file: `nas/controllers/nsga2.py` is `nsga2`."""

from __future__ import annotations

import importlib
import pkgutil

from constraints.nearest import suggest
from nas import controllers
from nas.controllers.controller import Controller, Search


class UnknownController(ValueError):
    """No file of that name makes a controller."""


def controller_names() -> list[str]:
    """Every file that defines `controller(search)`."""
    modules = (module.name for module in pkgutil.iter_modules(controllers.__path__))
    return sorted(
        name.replace("_", "-")
        for name in modules
        if hasattr(importlib.import_module(f"nas.controllers.{name}"), "controller")
    )


def make_controller(name: str, search: Search) -> Controller:
    """A new controller.

    Raises:
        UnknownController: there is none of that name.
    """
    check_controller(name)
    module = importlib.import_module(f"nas.controllers.{name.replace('-', '_')}")
    return module.controller(search)


def check_controller(name: str) -> None:
    """Nothing, if there is a controller of that name.

    Raises:
        UnknownController: there is none.
    """
    known = controller_names()
    if name not in known:
        raise UnknownController(f"controller {name!r} is not known; {suggest(name, known)}")
