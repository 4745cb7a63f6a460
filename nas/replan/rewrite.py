"""Puts a memory plan, and another order of the operators, into a .tflite file and leaves all else as it is.

Pointers of a FlatBuffer lead forward (flatbuffers.dev, "FlatBuffer Internals"), so a new root that stands
before the old bytes can point at any table in them: none is copied, and names, signatures, versions and
metadata of any kind stay. A plan that the file carries already is overwritten where it stands.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import flatbuffers
import numpy as np

from nas.export.flatbuffer_pieces import DATA_ALIGNMENT, Pieces
from nas.tflite_file.flatbuffer import BadModelFile, FileBytes, Span, Table, root_table
from nas.tflite_file.offline_plan import METADATA_NAME
from nas.tflite_file.read import IDENTIFIER
from nas.tflite_file.tensors import RawBuffer, read_buffers

PLAN_VERSION = 1
SUBGRAPHS, BUFFERS, METADATA = 2, 4, 6
"""Slots of the schema's `Model` (TensorFlow, schema.fbs)."""
VERSION = 0
MODEL_SLOTS = 10
OUTPUTS, OPERATORS, DEBUG_METADATA_INDEX = 2, 3, 5
"""Slots of `SubGraph`."""
SUBGRAPH_SLOTS = 6


def with_plan(data: bytes, offsets: Sequence[int], order: Sequence[int]) -> bytes:
    """The file with an arena offset for each of its tensors, and its operators in the order of their numbers.

    `data` must have been found sound by `nas.tflite_file.read.read_model`.

    Raises:
        BadModelFile: the file has parts that are newer than what is known here, and could be lost.
    """
    plan = struct.pack(f"<{3 + len(offsets)}i", PLAN_VERSION, 0, len(offsets), *offsets)
    model = root_table(FileBytes(data), IDENTIFIER, "the model")
    place = _own_place_of_plan(model, len(plan))
    if place is not None:
        data = data[: place.start] + plan + data[place.end :]
        model = root_table(FileBytes(data), IDENTIFIER, "the model")
    if list(order) == list(range(len(order))):
        return data if place is not None else _Front(data, model).write(plan, None)
    return _Front(data, model).write(plan if place is None else None, order)


def shortened(data: bytes, operators: int, output: int) -> bytes:
    """The file with its first operators alone, and one of the tensors that they write as its only output.

    `data` must have been found sound by `nas.tflite_file.read.read_model`.

    Raises:
        BadModelFile: as `with_plan` does.
    """
    model = root_table(FileBytes(data), IDENTIFIER, "the model")
    return _Front(data, model).write(None, range(operators), output)


def _own_place_of_plan(model: Table, size_bytes: int) -> Span | None:
    """Where a plan of this size stands in the file, if it is the only one and nothing else uses its bytes."""
    numbers = [entry.number(1, "I", 0) for entry in model.tables(METADATA, "metadata")]
    plans = [entry.number(1, "I", 0) for entry in _plan_entries(model)]
    buffers = read_buffers(model)
    if len(plans) != 1 or numbers.count(plans[0]) != 1 or _is_named_by_a_tensor(model, plans[0]):
        return None
    place = buffers[plans[0]].data
    if place is None or place.size_bytes != size_bytes or _is_shared(place, buffers):
        return None
    return place


def _plan_entries(model: Table) -> list[Table]:
    return [entry for entry in model.tables(METADATA, "metadata") if _is_plan(entry)]


def _is_plan(entry: Table) -> bool:
    return entry.text(0, f"the name of {entry.what}") == METADATA_NAME


def _is_named_by_a_tensor(model: Table, buffer: int) -> bool:
    subgraphs = model.tables(SUBGRAPHS, "subgraph")
    return any(
        tensor.number(2, "I", 0) == buffer
        for subgraph in subgraphs
        for tensor in subgraph.tables(0, "tensor")
    )


def _is_shared(place: Span, buffers: Sequence[RawBuffer]) -> bool:
    spans = [buffer.data for buffer in buffers if buffer.data is not None]
    return sum(span.start < place.end and place.start < span.end for span in spans) > 1


class _Front:
    """A new root before the bytes of a file."""

    def __init__(self, data: bytes, model: Table) -> None:
        self.model = model
        self.data = data
        # Python's flatbuffers aligns from the end of the file; what is added here is cut off again.
        self.padding = -len(data) % DATA_ALIGNMENT
        self.pieces = Pieces()
        _append(self.pieces.builder, data + bytes(self.padding))

    def write(self, plan: bytes | None, order: Sequence[int] | None, output: int | None = None) -> bytes:
        """The whole file; None leaves the plan, the order or (with an order) the outputs as they are."""
        new: dict[int, int] = {}
        if plan is not None:
            new |= self._planned(plan)
        if order is not None:
            new[SUBGRAPHS] = self.pieces.offsets([self._subgraph(order, output)])
        whole = self.pieces.finish(self._copy(self.model, MODEL_SLOTS, new))
        return whole[: len(whole) - self.padding]

    def _planned(self, plan: bytes) -> dict[int, int]:
        """The vectors of buffers and of metadata, with the plan in them and no other."""
        tables = self.model.tables(BUFFERS, "buffer")
        number = len(tables)
        buffer = self.pieces.data_buffer(np.frombuffer(plan, dtype=np.int32))
        entries = [
            self._place(entry.span.start)
            for entry in self.model.tables(METADATA, "metadata")
            if not _is_plan(entry)
        ]
        entry = self.pieces.metadata(METADATA_NAME, number)
        return {
            BUFFERS: self.pieces.offsets([*(self._place(table.span.start) for table in tables), buffer]),
            METADATA: self.pieces.offsets([*entries, entry]),
        }

    def _subgraph(self, order: Sequence[int], output: int | None) -> int:
        old = self.model.tables(SUBGRAPHS, "subgraph")[0]
        tables = old.tables(OPERATORS, "operator")
        new = {OPERATORS: self.pieces.offsets([self._place(tables[index].span.start) for index in order])}
        if output is not None:
            new[OUTPUTS] = self.pieces.indices([output])
        return self._copy(old, SUBGRAPH_SLOTS, new)

    def _copy(self, table: Table, slots: int, new: dict[int, int]) -> int:
        """A table whose slots point to what they pointed to, but for the `new` ones."""
        if any(table.places[slots:]):
            raise BadModelFile(
                f"{table.what} has a field of a newer schema, which would be lost: convert the model with an "
                "older TensorFlow"
            )
        targets = {slot: self._target(table, slot) for slot in range(slots)} | new
        scalar = VERSION if slots == MODEL_SLOTS else DEBUG_METADATA_INDEX
        builder = self.pieces.start_table()
        builder.StartObject(slots)
        if _has(table, scalar):
            builder.PrependInt32Slot(scalar, table.number(scalar, "i", 0), None)
        for slot, target in targets.items():
            if slot != scalar and target is not None:
                builder.PrependUOffsetTRelativeSlot(slot, target, 0)
        return builder.EndObject()

    def _target(self, table: Table, slot: int) -> int | None:
        """Where a vector or a text stands, as the builder counts; None where the slot is empty."""
        if not _has(table, slot):
            return None
        place = table.span.start + table.places[slot]
        return self._place(table.file.follow(place, f"field {slot} of {table.what}"))

    def _place(self, start: int) -> int:
        """A place of the old file as the builder counts: from the end."""
        return len(self.data) + self.padding - start


def _has(table: Table, slot: int) -> bool:
    return slot < len(table.places) and table.places[slot] != 0


def _append(builder: flatbuffers.Builder, data: bytes) -> None:
    builder.Prep(DATA_ALIGNMENT, len(data))
    builder.head -= len(data)
    builder.Bytes[builder.head : builder.head + len(data)] = data
