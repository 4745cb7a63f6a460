"""The loops of batch norm, compiled.

Maps are (rows, width), several pixels a row and channels innermost, so that loops are long enough for vector
instructions where channels are few; `width` is a multiple of the channels. What there is one of for each
channel is (channels,) in double precision; `factor`, `offset`, `slope` and `rest` are repeated over a row.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]
Exact = NDArray[np.float64]

BATCH_NORM_EPSILON = 1e-5

compiled = numba.njit(cache=True, fastmath={"reassoc", "contract", "arcp", "nsz"}, error_model="numpy")
"""Sums may be taken in any order; what is no number stays none."""


@compiled
def moments(y: Values, channels: int) -> tuple[Exact, Exact]:
    """The mean of every channel and its deviation, the epsilon in it."""
    # Sums are taken from a value of the channel's own: squares lose their digits where the mean is large.
    origin = _repeated(y[0, :channels], y.shape[1])
    total, squares = _sums(y, origin)
    mean, deviation = _by_channel(total, channels) / y.size, _by_channel(squares, channels) / y.size
    for c in range(channels):
        one, two = channels * mean[c], channels * deviation[c]
        mean[c] = one + y[0, c]
        deviation[c] = np.sqrt(max(two - one * one, 0.0) + BATCH_NORM_EPSILON)
    return mean, deviation


@compiled
def line(scale: Values, shift: Values, mean: Exact, deviation: Exact, width: int) -> tuple[Values, Values]:
    """Factor and offset of z = factor y + offset, along a row."""
    factor = scale / deviation
    offset = shift - mean * factor
    return _repeated(factor.astype(scale.dtype), width), _repeated(offset.astype(scale.dtype), width)


@compiled
def normalize(y: Values, factor: Values, offset: Values, floor: np.floating, z: Values) -> None:
    """Writes z, which is not below `floor`."""
    rows, width = y.shape
    for r in range(rows):
        for c in range(width):
            value = y[r, c] * factor[c] + offset[c]
            z[r, c] = floor if value < floor else value


@compiled
def reduce(
    y: Values,
    of_z: Values,
    factor: Values,
    offset: Values,
    floor: np.floating,
    mean: Exact,
    deviation: Exact,
) -> tuple[Exact, Exact]:
    """The gradients of the scale and the shift, where `of_z` is that of z."""
    rows, width = y.shape
    channels = len(mean)
    total, along = np.zeros(width, y.dtype), np.zeros(width, y.dtype)
    centre = _repeated(mean.astype(y.dtype), width)
    nothing = y.dtype.type(0.0)
    for r in range(0, rows - 1, 2):
        for c in range(width):
            v, w = y[r, c], y[r + 1, c]
            g = of_z[r, c] if v * factor[c] + offset[c] > floor else nothing
            h = of_z[r + 1, c] if w * factor[c] + offset[c] > floor else nothing
            total[c] += g + h
            along[c] += g * (v - centre[c]) + h * (w - centre[c])
    if rows % 2:
        for c in range(width):
            v = y[rows - 1, c]
            g = of_z[rows - 1, c] if v * factor[c] + offset[c] > floor else nothing
            total[c] += g
            along[c] += g * (v - centre[c])
    return _by_channel(along, channels) / deviation, _by_channel(total, channels)


@compiled
def slope(
    of_scale: Exact, of_shift: Exact, factor: Values, mean: Exact, deviation: Exact, size: int
) -> tuple[Values, Values]:
    """Slope and rest, along a row: the gradient of y is factor of_z + slope y + rest."""
    channels, width = len(mean), len(factor)
    mean_share = factor[:channels] * channels / size
    slopes = -mean_share * of_scale / deviation
    rests = -mean_share * of_shift - slopes * mean
    return _repeated(slopes.astype(factor.dtype), width), _repeated(rests.astype(factor.dtype), width)


@compiled
def propagate(
    y: Values,
    of_z: Values,
    factor: Values,
    offset: Values,
    floor: np.floating,
    slope: Values,
    rest: Values,
    of_y: Values,
) -> None:
    """Writes the gradient of y."""
    rows, width = y.shape
    nothing = y.dtype.type(0.0)
    for r in range(rows):
        for c in range(width):
            v = y[r, c]
            g = of_z[r, c] if v * factor[c] + offset[c] > floor else nothing
            of_y[r, c] = factor[c] * g + slope[c] * v + rest[c]


@compiled
def _sums(y: Values, origin: Values) -> tuple[Values, Values]:
    """Down the rows: of the differences from `origin`, and of their squares."""
    rows, width = y.shape
    total, squares = np.zeros(width, y.dtype), np.zeros(width, y.dtype)
    whole = rows - rows % 4
    for r in range(0, whole, 4):
        for c in range(width):
            s, t = y[r, c] - origin[c], y[r + 1, c] - origin[c]
            u, v = y[r + 2, c] - origin[c], y[r + 3, c] - origin[c]
            total[c] += (s + t) + (u + v)
            squares[c] += (s * s + t * t) + (u * u + v * v)
    for r in range(whole, rows):
        for c in range(width):
            s = y[r, c] - origin[c]
            total[c] += s
            squares[c] += s * s
    return total, squares


@compiled
def _by_channel(row: Values, channels: int) -> Exact:
    """The sum over a row's pixels."""
    sums = np.zeros(channels)
    for start in range(0, len(row), channels):
        for c in range(channels):
            sums[c] += row[start + c]
    return sums


@compiled
def _repeated(values: Values, width: int) -> Values:
    row = np.empty(width, values.dtype)
    for start in range(0, width, len(values)):
        row[start : start + len(values)] = values
    return row
