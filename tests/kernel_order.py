"""The reference kernels' order of reads and writes, byte by byte; it shares no code with the planner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from constraints.geometry import Geometry, geometry_of
from search_spaces.graph import Graph, OpKind


def accesses(geometry: Geometry) -> Iterator[tuple[list[int], int]]:
    """For each byte of the output, in order: the bytes of every input that are read before it is written."""
    rows, columns, channels = geometry.output
    if geometry.kind is OpKind.FULLY_CONNECTED:
        for out in range(geometry.output_bytes):
            yield list(range(geometry.input_bytes)), out
        return
    for out, (y, x, channel) in enumerate(product(range(rows), range(columns), range(channels))):
        if geometry.kind is OpKind.ADD:
            yield [out], out
        else:
            yield _window(geometry, y, x, channel), out


def _window(geometry: Geometry, y: int, x: int, channel: int) -> list[int]:
    height, width, depth = geometry.input
    read_channels: list[int] = list(range(depth))
    if geometry.kind is not OpKind.CONV:
        read_channels = [channel // (geometry.output[2] // depth)]
    read: list[int] = []
    for i, j in product(range(geometry.kernel[0]), range(geometry.kernel[1])):
        in_y = y * geometry.stride[0] - geometry.padding[0] + i * geometry.dilation[0]
        in_x = x * geometry.stride[1] - geometry.padding[1] + j * geometry.dilation[1]
        if 0 <= in_y < height and 0 <= in_x < width:
            read.extend((in_y * width + in_x) * depth + one for one in read_channels)
    return read


def spoils(geometry: Geometry, distance: int) -> bool:
    """Whether a byte is read after it was written over; the input starts `distance` above the output."""
    written: set[int] = set()
    for reads, write in accesses(geometry):
        if any(byte + distance in written for byte in reads):
            return True
        written.add(write)
    return False


def runs_unspoilt(graph: Graph, offsets: Mapping[str, int]) -> bool:
    """Whether every op reads what the op before it wrote, in an arena laid out like this."""
    owner: dict[int, tuple[str, int]] = {}
    for byte in range(graph.input.size_bytes):
        owner[offsets[graph.input.name] + byte] = (graph.input.name, byte)
    for op in graph.ops:
        for reads, write in accesses(geometry_of(graph, op)):
            for name in op.inputs:
                start = offsets[name]
                if any(owner[start + byte] != (name, byte) for byte in reads):
                    return False
            owner[offsets[op.output] + write] = (op.output, write)
    start = offsets[graph.output.name]
    size = graph.output.size_bytes
    return all(owner[start + byte] == (graph.output.name, byte) for byte in range(size))
