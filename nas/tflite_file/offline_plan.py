"""The memory plan that a .tflite file may carry for TensorFlow Lite Micro.

Source: TFLM, docs/memory_management.md, "Offline planned tensor allocations": metadata of this name, whose
buffer holds int32 numbers: version, subgraph, how many tensors, and an arena offset for each of them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from nas.tflite_file.flatbuffer import Table, damaged
from nas.tflite_file.tensors import RawBuffer

METADATA_NAME = "OfflineMemoryAllocation"
HEADER_NUMBERS = 3
ONLINE = -1
"""The offset of a tensor that the runtime may place, or that has no place in the arena."""


def read_offline_plan(model: Table, buffers: Sequence[RawBuffer], tensors: int) -> tuple[int, ...] | None:
    """An offset a tensor, or None where the file carries no plan.

    Raises:
        BadModelFile: there is one, and it is not for these tensors.
    """
    plan = None
    for entry in model.tables(6, "metadata"):
        if entry.text(0, f"the name of {entry.what}") != METADATA_NAME:
            continue
        number = entry.number(1, "I", 0)
        if number >= len(buffers) or buffers[number].data is None:
            raise damaged(f"the memory plan names buffer {number}, which holds nothing")
        plan = _offsets(model, buffers[number], tensors)
    return plan


def _offsets(model: Table, buffer: RawBuffer, tensors: int) -> tuple[int, ...]:
    assert buffer.data is not None
    raw = model.file.take(buffer.data, "the memory plan")
    if len(raw) != 4 * (HEADER_NUMBERS + tensors):
        raise damaged(f"the memory plan has {len(raw)} bytes, {tensors} tensors ask for another number")
    _, _, count, *offsets = struct.unpack(f"<{len(raw) // 4}i", raw)
    if count != tensors or min(offsets, default=0) < ONLINE:
        raise damaged(f"the memory plan is for {count} tensors, the file has {tensors}")
    return tuple(offsets)
