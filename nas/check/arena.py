"""The arena that a model file needs: predicted for this computer and for the target, and recorded."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.kernels import HOST, Kernels
from nas.check.latency import no_custom_operators
from nas.check.memory import Memory, memory_of
from nas.check.op_facts import may_ask_for_scratch
from nas.check.tail import predicted_tail
from nas.tflite_file.model import FileModel
from nas.tflite_file.program import program_of
from nas.verify.isolated import record_isolated
from nas.verify.tflm import RecordedArena, TflmRefused


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is predicted on some kernels; `tail_bytes` and `least_bytes` are None where `why` says why.

    `least_bytes` is the least arena in which TFLM prepares and runs the model, more than head and tail for
    small models.
    """

    memory: Memory
    tail_bytes: int | None
    least_bytes: int | None
    why: str

    @property
    def head_bytes(self) -> int:
        """Bytes of the activations, and of the scratch memory of the kernels."""
        return self.memory.head_bytes

    @property
    def total_bytes(self) -> int | None:
        """Bytes of the whole arena once the model is ready to run."""
        return None if self.tail_bytes is None else self.head_bytes + self.tail_bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """What TFLM recorded on this computer; None where `why` says why."""

    arena: RecordedArena | None
    why: str


def predict_arena(model: FileModel, kernels: Kernels = HOST) -> Predicted:
    """The arena on these kernels."""
    memory = memory_of(model, program_of(model, kernels))
    tail = predicted_tail(model, kernels, memory.head_bytes)
    return Predicted(memory, tail.size_bytes, tail.arena_bytes, tail.why)


def measure_arena(model: FileModel, data: bytes) -> Measured:
    """The arena that TFLM records, where it can load the model."""
    if model.custom_codes:
        return Measured(None, no_custom_operators(model))
    try:
        return Measured(record_isolated(data), "")
    except TflmRefused as error:
        return Measured(None, str(error))


def without_scratch(model: FileModel) -> tuple[str, ...]:
    """Operators whose scratch memory is not in a predicted head, each code once."""
    return tuple(dict.fromkeys(op.code for op in model.operators if may_ask_for_scratch(op)))
