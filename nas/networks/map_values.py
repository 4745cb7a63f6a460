"""How compiled loops read and write the values of maps.

Maps may be of bfloat16, which numpy does not know: they come and go as uint16, and are computed in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import types
from numba.extending import overload
from numpy.typing import NDArray
from torch import Tensor

Map = NDArray[np.floating] | NDArray[np.uint16]

# Numba wants the signatures of what stands for a function to be that function's own.
# ruff: noqa: ANN001, ANN202, ANN401, ARG001, ARG005


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


def rows_of(y: Tensor, width: int) -> Map:
    """The same memory as (rows, width), where (batch, channels, height, width) lies channels-last."""
    rows = y.permute(0, 2, 3, 1).reshape(-1, width)
    return (rows.view(torch.uint16) if rows.dtype is torch.bfloat16 else rows).numpy()
