"""The tables of a .tflite file, as far as their bytes go.

Slots are the positions of fields in TensorFlow's schema.fbs; which of them are written, and in which order,
is told by `nas/export/tflite.py` and its neighbours: change both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """The bytes of a table and what tells its vtable from another: its size and the places of its fields."""

    size_bytes: int
    vtable: tuple[int, ...]

    @property
    def vtable_bytes(self) -> int:
        """Two bytes for its own size and each of its entries."""
        return 2 + 2 * len(self.vtable)


def _table(flags: Sequence[int], words: Sequence[int]) -> Table:
    """A table whose slots `flags` hold one byte each and `words` four, in the order of writing."""
    ends: dict[int, int] = {}
    for slot in flags:
        ends[slot] = len(ends) + 1
    size = 4 if flags else 0
    for slot in words:
        size += 4
        ends[slot] = size
    size += 4
    places = (size - ends[slot] if slot in ends else 0 for slot in range(max(ends, default=-1) + 1))
    return Table(size, (size, *places))


EMPTY_BUFFER = _table((), ())
BUFFER = _table((), (0,))
QUANTIZATION = _table((), (3, 2))
QUANTIZATION_OF_DEPTHWISE = _table((), (6, 3, 2))
WEIGHTS = _table((1,), (4, 2, 0))
BIAS = _table((1,), (2, 0))
ACTIVATION = _table((1,), (4, 0))
OPERATOR = _table((3,), (4, 2, 1, 0))
OPERATOR_CODE = _table((0,), (3, 2))
METADATA = _table((), (1, 0))
SUBGRAPH = _table((), (3, 2, 1, 0))
MODEL = _table((), (4, 2, 1, 0))
PLANNED_MODEL = _table((), (6, 4, 2, 1, 0))
CONV_OPTIONS = _table((3, 0), (2, 1))
DEPTHWISE_OPTIONS = _table((4, 0), (3, 2, 1))
FUSED_OPTIONS = _table((0,), ())
POOL_OPTIONS = _table((5, 0), (4, 3, 2, 1))
