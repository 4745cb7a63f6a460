"""Loops over numpy arrays, compiled to machine code that is kept for later processes where there is room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numba


def compiled(*, fastmath: Collection[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator; `fastmath` are the liberties that sums may take, by LLVM's names.

    Numba keeps machine code beside the source or in the user's cache; where neither can be written, every
    process compiles anew, in some seconds.
    """
    options: dict[str, Any] = {"fastmath": set(fastmath), "error_model": "numpy"}

    def decorate(loop: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(cache=True, **options)(loop)
        except RuntimeError:
            return numba.njit(**options)(loop)

    return decorate
