"""Finds a controller by the name of its file: `nas/controllers/nsga2.py` is `nsga2`."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from constraints.nearest import suggest
from nas import controllers
from nas.controllers.controller import Controller, Search
from nas.named_modules import find_part, part_names

OFFERS = "controller"


class UnknownController(ValueError):
    """No file of that name makes a controller."""


def controller_names() -> list[str]:
    """Every file that defines `controller(search)`."""
    return part_names(controllers, OFFERS)


def make_controller(name: str, search: Search) -> Controller:
    """A new controller.

    Raises:
        UnknownController: there is none of that name.
    """
    check_controller(name)
    return cast(Callable[[Search], Controller], find_part(controllers, OFFERS, name))(search)


def check_controller(name: str) -> None:
    """Nothing, if there is a controller of that name.

    Raises:
        UnknownController: there is none.
    """
    known = controller_names()
    if name not in known:
        raise UnknownController(f"controller {name!r} is not known; {suggest(name, known)}")
