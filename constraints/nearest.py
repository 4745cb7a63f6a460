"""Nearest known names, so that a misspelt one is answered with what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of an error sentence: up to three similar names, or all of them when none is similar."""
    names = sorted(known)
    similar = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if similar:
        return f"did you mean {_joined(similar)}?"
    return f"known are {', '.join(names)}"


def _joined(names: list[str]) -> str:
    return " or ".join(names)
