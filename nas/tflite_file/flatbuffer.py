"""Reads FlatBuffers that may be damaged: no offset is followed that leads out of the file.

Sizes and places are those of FlatBuffers' wire format (flatbuffers.dev, "FlatBuffer Internals"): numbers are
little-endian, a table begins with the signed distance back to its vtable, a vtable lists where in the table
each field stands, and a vector begins with its length.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MOST_READ_PER_BYTE = 64
"""Vectors may be pointed at from many places, and reading each of them again must not take for ever."""
LEAST_READ = 1 << 20

_INT16 = struct.Struct("<H")
_INT32 = struct.Struct("<i")
_UINT32 = struct.Struct("<I")


class BadModelFile(ValueError):
    """A file is no int8 .tflite model that can be worked with; the message says why and what to do."""


def damaged(what: str) -> BadModelFile:
    """The error of a file that contradicts itself."""
    return BadModelFile(f"the file is cut short or damaged: {what}; copy it or export it again")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes `start` to `end` of the file, the end excluded."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes it is."""
        return self.end - self.start


class FileBytes:
    """The bytes of a file, each read checked against their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = max(LEAST_READ, MOST_READ_PER_BYTE * len(data))

    def take(self, span: Span, what: str) -> bytes:
        """A copy of some bytes.

        Raises:
            BadModelFile: they are not all inside the file, or more is read than any sound file asks for.
        """
        self.check(span, what)
        self._left -= span.size_bytes
        if self._left < 0:
            raise damaged(f"its parts point at each other too often (last at {what})")
        return self.data[span.start : span.end]

    def check(self, span: Span, what: str) -> Span:
        """`span` itself where it is inside the file.

        Raises:
            BadModelFile: it is not.
        """
        if not 0 <= span.start <= span.end <= len(self.data):
            raise damaged(
                f"{what} would take bytes {span.start:,} to {span.end:,} of a file of {len(self.data):,}"
            )
        return span

    def int32(self, place: int, what: str) -> int:
        """A signed number of four bytes."""
        return int(_INT32.unpack(self.take(Span(place, place + 4), what))[0])

    def uint32(self, place: int, what: str) -> int:
        """A number of four bytes, 0 or more."""
        return int(_UINT32.unpack(self.take(Span(place, place + 4), what))[0])

    def follow(self, place: int, what: str) -> int:
        """Where the pointer at `place` leads; pointers only lead forward."""
        return place + self.uint32(place, what)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file; `places` are its fields' distances from its start by slot, 0 where absent."""

    file: FileBytes
    what: str
    span: Span
    places: tuple[int, ...]

    @classmethod
    def at(cls, file: FileBytes, start: int, what: str) -> Table:
        """The table at `start`, called `what` in errors.

        Raises:
            BadModelFile: the table or its vtable is not inside the file.
        """
        vtable = start - file.int32(start, what)
        head = file.take(Span(vtable, vtable + 4), f"the vtable of {what}")
        vtable_bytes, table_bytes = _INT16.unpack_from(head)[0], _INT16.unpack_from(head, 2)[0]
        if vtable_bytes < 4 or vtable_bytes % 2 or table_bytes < 4:
            raise damaged(f"{what} has a vtable of {vtable_bytes} and a table of {table_bytes} bytes")
        slots = file.take(Span(vtable + 4, vtable + vtable_bytes), f"the vtable of {what}")
        span = file.check(Span(start, start + table_bytes), what)
        return cls(file, what, span, struct.unpack(f"<{len(slots) // 2}H", slots))

    def number(self, slot: int, code: str, default: int) -> int:
        """The whole number in a slot, `code` being its letter in the `struct` module."""
        width = struct.calcsize(f"<{code}")
        place = self._place(slot, width)
        if place is None:
            return default
        raw = self.file.take(Span(place, place + width), f"field {slot} of {self.what}")
        return int(struct.unpack(f"<{code}", raw)[0])

    def table(self, slot: int, what: str) -> Table | None:
        """The table that a slot points to, None where it is empty."""
        place = self._place(slot, 4)
        return None if place is None else Table.at(self.file, self.file.follow(place, what), what)

    def tables(self, slot: int, what: str) -> tuple[Table, ...]:
        """The tables that the vector of a slot points to; none where the slot is empty."""
        data = self.vector(slot, 4, what)
        if data is None:
            return ()
        starts = range(data.start, data.end, 4)
        return tuple(
            Table.at(self.file, self.file.follow(start, what), f"{what} {index}")
            for index, start in enumerate(starts)
        )

    def vector(self, slot: int, width: int, what: str) -> Span | None:
        """Where the elements of a slot's vector stand, `width` bytes each; None where the slot is empty."""
        place = self._place(slot, 4)
        if place is None:
            return None
        start = self.file.follow(place, what)
        count = self.file.uint32(start, what)
        return self.file.check(Span(start + 4, start + 4 + count * width), what)

    def int32s(self, slot: int, what: str) -> tuple[int, ...]:
        """A vector of int32."""
        return tuple(int(value) for value in self._numbers(slot, "i", what))

    def int64s(self, slot: int, what: str) -> tuple[int, ...]:
        """A vector of int64."""
        return tuple(int(value) for value in self._numbers(slot, "q", what))

    def floats(self, slot: int, what: str) -> tuple[float, ...]:
        """A vector of float32."""
        return self._numbers(slot, "f", what)

    def text(self, slot: int, what: str) -> str:
        """A text, empty where the slot is; bytes that are no UTF-8 are replaced."""
        span = self.vector(slot, 1, what)
        return "" if span is None else self.file.take(span, what).decode("utf-8", errors="replace")

    def _numbers(self, slot: int, code: str, what: str) -> tuple[float, ...]:
        width = struct.calcsize(f"<{code}")
        span = self.vector(slot, width, what)
        if span is None:
            return ()
        return struct.unpack(f"<{span.size_bytes // width}{code}", self.file.take(span, what))

    def _place(self, slot: int, width: int) -> int | None:
        if slot >= len(self.places) or self.places[slot] == 0:
            return None
        place = self.places[slot]
        if not 4 <= place <= self.span.size_bytes - width:
            raise damaged(f"field {slot} of {self.what} lies outside of its table")
        return self.span.start + place


def root_table(file: FileBytes, identifier: bytes, what: str) -> Table:
    """The root table of a file that says `identifier` in its bytes 4 to 8.

    Raises:
        BadModelFile: the file is empty, says something else, or its root lies outside of it.
    """
    if not file.data:
        raise BadModelFile("the file is empty: copy it or export it again")
    if file.data[4:8] != identifier:
        raise BadModelFile(
            f"this is no TensorFlow Lite file: bytes 4 to 8 must be {identifier.decode()!r}, "
            f"got {file.data[4:8]!r}; give a .tflite file"
        )
    return Table.at(file, file.follow(0, what), what)
