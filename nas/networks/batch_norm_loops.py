"""The loops of batch norm, compiled.

Maps are (rows, width), several pixels a row and channels innermost, so that loops are long enough for vector
instructions where channels are few; `width` is a multiple of the channels. What there is one of for each
channel is (channels,) in double precision; `factor`, `offset`, `slope` and `rest` are repeated over a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nas.networks.compiled import compiled
from nas.networks.map_values import Map, number, stored

Row = NDArray[np.floating]
Exact = NDArray[np.float64]

BATCH_NORM_EPSILON = 1e-5

_compiled = compiled(fastmath=("reassoc", "contract", "arcp", "nsz"))
"""Sums may be taken in any order; what is no number stays none."""


@_compiled
def moments(y: Map, scale: Row) -> tuple[Exact, Exact]:
    """The mean of every channel and its deviation, the epsilon in it; sums are of the scale's type."""
    channels = len(scale)
    # Sums are taken from a value of the channel's own: squares lose their digits where the mean is large.
    origin = np.empty_like(scale)
    for c in range(channels):
        origin[c] = number(y[0, c])
    total, squares = _sums(y, _repeated(origin, y.shape[1]))
    mean, deviation = _by_channel(total, channels), _by_channel(squares, channels)
    pixels = y.size // channels
    for c in range(channels):
        one, two = mean[c] / pixels, deviation[c] / pixels
        mean[c] = one + origin[c]
        deviation[c] = np.sqrt(max(two - one * one, 0.0) + BATCH_NORM_EPSILON)
    return mean, deviation


@_compiled
def line(scale: Row, shift: Row, mean: Exact, deviation: Exact, width: int) -> tuple[Row, Row]:
    """Factor and offset of z = factor y + offset, along a row."""
    factor = scale / deviation
    offset = shift - mean * factor
    return _repeated(factor.astype(scale.dtype), width), _repeated(offset.astype(scale.dtype), width)


@_compiled
def normalize(y: Map, factor: Row, offset: Row, floor: np.floating, z: Map) -> None:
    """Writes z, which is not below `floor`."""
    rows, width = y.shape
    for r in range(rows):
        for c in range(width):
            value = number(y[r, c]) * factor[c] + offset[c]
            z[r, c] = stored(floor if value < floor else value, z)


@_compiled
def reduce(
    y: Map, of_z: Map, factor: Row, offset: Row, floor: np.floating, mean: Exact, deviation: Exact
) -> tuple[Exact, Exact]:
    """The gradients of the scale and the shift, where `of_z` is that of z."""
    rows, width = y.shape
    channels = len(mean)
    total, along = np.zeros_like(factor), np.zeros_like(factor)
    centre = _repeated(mean.astype(factor.dtype), width)
    nothing = factor.dtype.type(0.0)
    for r in range(0, rows - 1, 2):
        for c in range(width):
            v, w = number(y[r, c]), number(y[r + 1, c])
            g = number(of_z[r, c]) if v * factor[c] + offset[c] > floor else nothing
            h = number(of_z[r + 1, c]) if w * factor[c] + offset[c] > floor else nothing
            total[c] += g + h
            along[c] += g * (v - centre[c]) + h * (w - centre[c])
    if rows % 2:
        for c in range(width):
            v = number(y[rows - 1, c])
            g = number(of_z[rows - 1, c]) if v * factor[c] + offset[c] > floor else nothing
            total[c] += g
            along[c] += g * (v - centre[c])
    return _by_channel(along, channels) / deviation, _by_channel(total, channels)


@_compiled
def slope(
    of_scale: Exact, of_shift: Exact, factor: Row, mean: Exact, deviation: Exact, size: int
) -> tuple[Row, Row]:
    """Slope and rest, along a row: the gradient of y is factor of_z + slope y + rest."""
    channels, width = len(mean), len(factor)
    share = factor[:channels] * channels / size
    slopes = -share * of_scale / deviation
    rests = -share * of_shift - slopes * mean
    return _repeated(slopes.astype(factor.dtype), width), _repeated(rests.astype(factor.dtype), width)


@_compiled
def propagate(
    y: Map, of_z: Map, factor: Row, offset: Row, floor: np.floating, slope: Row, rest: Row, of_y: Map
) -> None:
    """Writes the gradient of y."""
    rows, width = y.shape
    nothing = factor.dtype.type(0.0)
    for r in range(rows):
        for c in range(width):
            v = number(y[r, c])
            g = number(of_z[r, c]) if v * factor[c] + offset[c] > floor else nothing
            of_y[r, c] = stored(factor[c] * g + slope[c] * v + rest[c], of_y)


@_compiled
def _sums(y: Map, origin: Row) -> tuple[Row, Row]:
    """Down the rows: of the differences from `origin`, and of their squares."""
    rows, width = y.shape
    total, squares = np.zeros_like(origin), np.zeros_like(origin)
    whole = rows - rows % 4
    for r in range(0, whole, 4):
        for c in range(width):
            s, t = number(y[r, c]) - origin[c], number(y[r + 1, c]) - origin[c]
            u, v = number(y[r + 2, c]) - origin[c], number(y[r + 3, c]) - origin[c]
            total[c] += (s + t) + (u + v)
            squares[c] += (s * s + t * t) + (u * u + v * v)
    for r in range(whole, rows):
        for c in range(width):
            s = number(y[r, c]) - origin[c]
            total[c] += s
            squares[c] += s * s
    return total, squares


@_compiled
def _by_channel(row: Row, channels: int) -> Exact:
    """The sum over a row's pixels."""
    sums = np.zeros(channels)
    for start in range(0, len(row), channels):
        for c in range(channels):
            sums[c] += row[start + c]
    return sums


@_compiled
def _repeated(values: Row, width: int) -> Row:
    row = np.empty(width, values.dtype)
    for start in range(0, width, len(values)):
        row[start : start + len(values)] = values
    return row
