"""The vectors and tables of a .tflite file, each distinct one written once.

FlatBuffers are written from the end of the file to its start, and one piece may be pointed at from many
places. `constraints/flash.py` adds up the bytes of what is written here: change both.
"""

from __future__ import annotations

from collections.abc import Sequence

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

DATA_ALIGNMENT = 16
"""`force_align: 16` of `Buffer.data` in TensorFlow's schema.fbs; Python's flatbuffers leaves it to the
caller."""
ZERO_POINT_ALIGNMENT = 8
"""Of int64."""


class Pieces:
    """Writes pieces with a `flatbuffers.Builder` and remembers those that can be shared."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1 << 16)
        # Fields are written even where they hold their default, so that sizes do not hang on values.
        self.builder.forceDefaults = True
        self.builder.Prep(DATA_ALIGNMENT, 0)
        self._shapes: dict[tuple[int, ...], int] = {}
        self._zeros: dict[int, int] = {}
        self._lengths: dict[int, int] = {}

    def start_table(self) -> flatbuffers.Builder:
        """The builder, aligned so that a table's size, which is part of its vtable, does not vary."""
        self.builder.Prep(4, 0)
        return self.builder

    def align_zero_points(self) -> None:
        """Fills up to where vectors of zero points need no padding before them."""
        self.builder.Prep(ZERO_POINT_ALIGNMENT, 0)

    def offsets(self, targets: Sequence[int]) -> int:
        """A vector of pointers to tables."""
        self.builder.StartVector(4, len(targets), 4)
        for target in reversed(targets):
            self.builder.PrependUOffsetTRelative(target)
        return self.builder.EndVector()

    def indices(self, values: Sequence[int]) -> int:
        """A vector of int32: the tensors that an operator reads or writes."""
        return self.builder.CreateNumpyVector(np.array(values, dtype=np.int32))

    def shape(self, extents: tuple[int, ...]) -> int:
        """A vector of int32."""
        if extents not in self._shapes:
            self._shapes[extents] = self.indices(extents)
        return self._shapes[extents]

    def scales(self, values: NDArray[np.float32]) -> int:
        """A vector of float32."""
        return self.builder.CreateNumpyVector(np.ascontiguousarray(values, dtype=np.float32))

    def zero_point(self, value: int) -> int:
        """A vector of one int64."""
        return self.builder.CreateNumpyVector(np.array([value], dtype=np.int64))

    def zeros(self, count: int) -> int:
        """`count` zero points of weights: LiteRT wants as many as there are scales.

        The word before them is 1, so that it and the length make the vector (count,) as well, the shape of
        as many biases, and the next vector of zero points needs no padding.
        """
        if count not in self._zeros:
            self._zeros[count] = self.builder.CreateNumpyVector(np.zeros(count, dtype=np.int64))
            self.builder.PrependUint32(1)
            self._lengths[count] = self.builder.Offset()
        return self._zeros[count]

    def length_of_zeros(self, count: int) -> int:
        """The vector (count,) that lies before the zero points of `count` channels, written already."""
        return self._lengths[count]

    def data_buffer(self, array: NDArray[np.int8] | NDArray[np.int32]) -> int:
        """A `Buffer` with the bytes of `array`, little-endian."""
        raw = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        builder = self.builder
        builder.StartVector(1, len(raw), DATA_ALIGNMENT)
        builder.head -= len(raw)
        builder.Bytes[builder.head : builder.head + len(raw)] = raw
        data = builder.EndVector()
        tflite.BufferStart(self.start_table())
        tflite.BufferAddData(builder, data)
        return tflite.BufferEnd(builder)

    def empty_buffer(self) -> int:
        """The `Buffer` without data that activations name."""
        tflite.BufferStart(self.start_table())
        return tflite.BufferEnd(self.builder)

    def quantization(self, scales: int, zero_points: int, dimension: int | None = None) -> int:
        """`QuantizationParameters`; `dimension` is the axis of the scales where it is not the first."""
        builder = self.start_table()
        tflite.QuantizationParametersStart(builder)
        if dimension is not None:
            tflite.QuantizationParametersAddQuantizedDimension(builder, dimension)
        tflite.QuantizationParametersAddZeroPoint(builder, zero_points)
        tflite.QuantizationParametersAddScale(builder, scales)
        return tflite.QuantizationParametersEnd(builder)

    def metadata(self, name: str, buffer: int) -> int:
        """A named `Buffer`, by its number."""
        text = self.builder.CreateString(name)
        builder = self.start_table()
        tflite.MetadataStart(builder)
        tflite.MetadataAddBuffer(builder, buffer)
        tflite.MetadataAddName(builder, text)
        return tflite.MetadataEnd(builder)

    def finish(self, root: int) -> bytes:
        """The whole file."""
        self.builder.Finish(root, b"TFL3")
        return bytes(self.builder.Output())
