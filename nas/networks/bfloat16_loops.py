"""Reads and writes numbers of bfloat16 in compiled loops, where they are uint16: a float32's upper half.

What is of another type is left as it is, so that one loop serves all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

# ruff: noqa: ANN001, ANN202, ANN401, ARG001, ARG005 - for values of several types; numba wants signatures to agree


def number(value: Any) -> Any:
    """A map's value, to be computed with."""
    raise NotImplementedError(f"compiled code alone may call this, with {value}")


def stored(value: Any, to: Any) -> Any:
    """A number as a value of the map `to`: the nearest bfloat16, of two the even one."""
    raise NotImplementedError(f"compiled code alone may call this, with {value} for {to}")


@overload(number, inline="always")
def _number(value):
    if isinstance(value, types.Integer):
        return lambda value: np.uint32(np.uint32(value) << 16).view(np.float32)
    return lambda value: value


@overload(stored, inline="always")
def _stored(value, to):
    if not isinstance(to.dtype, types.Integer):
        return lambda value, to: value

    def rounded(value, to):
        bits = np.uint32(np.float32(value).view(np.uint32))
        return np.uint16((bits + np.uint32(0x7FFF) + ((bits >> 16) & np.uint32(1))) >> 16)

    return rounded
