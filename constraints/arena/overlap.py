"""How far an op's output may lie over its own input: the part of it that the kernel has read already.

Diagonal memory optimisation (Blacker et al. 2020, arXiv:2010.01668), for the order in which TensorFlow Lite
Micro's reference kernels read and write. All of them write their output from its first byte to its last, and
before each byte they read what it depends on:

- convolution (reference/integer_ops/conv.h, `ConvPerChannel`): rows, columns, output channels; each output
  channel reads the whole window;
- depthwise convolution (integer_ops/depthwise_conv.h, `DepthwiseConvPerChannel`) and pools
  (integer_ops/pooling.h): rows, columns, channels; each output channel reads one channel of the window;
- fully connected (integer_ops/fully_connected.h): each output reads the whole input;
- add (integer_ops/add.h, `Add` of two tensors of one shape): element by element.

Byte `e` of the output may therefore stand anywhere below the lowest byte of the input that is read after it
was written. The least safe distance (start of input - start of output) is the largest of
`e + 1 - lowest byte read after e` over all bytes; with one byte less, a byte is lost. Negative distances are
safe for some ops and are not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from constraints.geometry import Geometry
from constraints.kernels import Kernels
from search_spaces.graph import OpKind

_BY_CHANNEL = (
    OpKind.DEPTHWISE_CONV,
    OpKind.MAX_POOL,
    OpKind.AVERAGE_POOL,
    OpKind.GLOBAL_AVERAGE_POOL,
)


def gaps(geometry: Geometry, kernels: Kernels) -> tuple[int | None, ...]:
    """By activation that the op reads: the least (its start - the output's start), in bytes, or None.

    None where the two must be apart, which on kernels of unknown order they always must.
    """
    if not kernels.overlaps:
        return (None,) * geometry.inputs
    return (_gap(geometry),) * geometry.inputs


@lru_cache(maxsize=1 << 14)
def _gap(geometry: Geometry) -> int | None:
    if geometry.kind is OpKind.ADD:
        return 0
    if geometry.kind is OpKind.FULLY_CONNECTED:
        return max(0, geometry.output_bytes - 1)
    if geometry.kind is OpKind.CONV:
        return max(0, *_whole_window(geometry))
    if geometry.kind in _BY_CHANNEL:
        return max(0, *_channel_by_channel(geometry))
    return None


def _whole_window(geometry: Geometry) -> Iterator[int]:
    """Distances that the writes of a convolution ask for."""
    channels = geometry.output[2]
    yield 0
    for position, own, later in _positions(geometry):
        if channels > 1:  # the last write but one: the window is read once more
            yield position * channels + channels - 1 - min((own, *later))
        if later:
            yield (position + 1) * channels - min(later)


def _channel_by_channel(geometry: Geometry) -> Iterator[int]:
    """Distances that the writes of a depthwise convolution or a pool ask for."""
    channels = geometry.output[2]
    multiplier = channels // geometry.input[2]
    yield 0
    for position, own, later in _positions(geometry):
        for written in _telling_channels(channels, multiplier):
            reads = list(later)
            if written + 1 < channels:
                reads.append(own + (written + 1) // multiplier)
            if reads:
                yield position * channels + written + 1 - min(reads)


def _telling_channels(channels: int, multiplier: int) -> set[int]:
    """The distance grows linearly between these, so that the largest one is at one of them."""
    ends = {0, multiplier - 2, multiplier - 1, channels - 1 - multiplier, channels - 2, channels - 1}
    return {channel for channel in ends if 0 <= channel < channels}


def _positions(geometry: Geometry) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Output positions at which the distance can be largest.

    Of each: its index, the lowest byte of its window, and the lowest bytes that later positions read: that of
    the next one in its row and that of the next row's first.
    """
    rows, columns, _ = geometry.output
    _, width, channels = geometry.input
    for y in _telling(geometry, 0):
        for x in _telling(geometry, 1):
            own = (_first_read(geometry, 0, y) * width + _first_read(geometry, 1, x)) * channels
            later: list[int] = []
            if x + 1 < columns:
                beside = _first_read(geometry, 1, x + 1)
                later.append((_first_read(geometry, 0, y) * width + beside) * channels)
            if y + 1 < rows:
                below = _first_read(geometry, 0, y + 1) * width + _first_read(geometry, 1, 0)
                later.append(below * channels)
            yield y * columns + x, own, tuple(later)


def _telling(geometry: Geometry, axis: int) -> set[int]:
    """Places along an axis between which the distance is linear; with dilation, all of them."""
    extent = geometry.output[axis]
    if geometry.dilation[axis] > 1:
        return set(range(extent))
    inside = -(-geometry.padding[axis] // geometry.stride[axis])
    edges = (0, 1, inside - 2, inside - 1, inside, inside + 1, extent - 2, extent - 1)
    return {place for place in edges if 0 <= place < extent}


def _first_read(geometry: Geometry, axis: int, place: int) -> int:
    """The lowest row or column of the input in the window of an output row or column."""
    start = place * geometry.stride[axis] - geometry.padding[axis]
    if start >= 0:
        return start
    return start + -(start // geometry.dilation[axis]) * geometry.dilation[axis]
