"""The arena that a model file needs: predicted for this computer and for the target, and recorded."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.foreign_tails import foreign_op_tail
from constraints.arena.kernel_tails import OpTail, WeightScales, op_tail
from constraints.arena.scratch import scratch_bytes
from constraints.arena.tail import NetworkParts, combine
from constraints.arena.total import needed_bytes
from constraints.kernels import HOST, Kernels
from nas.check.latency import no_custom_operators
from nas.check.memory import Memory, memory_of
from nas.tflite_file.model import ABSENT, FileModel, FileOperator, Role
from nas.tflite_file.program import program_of
from nas.verify.isolated import record_isolated
from nas.verify.tflm import RecordedArena, TflmRefused


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is predicted on some kernels; `tail_bytes` and `least_bytes` are None where `why` says why.

    `least_bytes` is the least arena in which TFLM prepares and runs the model, more than head and tail for
    small models. `unknown` names the operators, each code once, of whose kernels nothing is known: scratch
    memory that they may ask for is not in the head.
    """

    memory: Memory
    tail_bytes: int | None
    least_bytes: int | None
    unknown: tuple[str, ...]
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
    """The arena on these kernels; its tail where TFLM's data are known for every operator."""
    memory = memory_of(model, program_of(model, kernels))
    tails = [_op_tail(model, op, kernels) for op in model.operators]
    unknown = tuple(
        dict.fromkeys(op.code for op, tail in zip(model.operators, tails, strict=True) if tail is None)
    )
    why = _why_no_tail(model, unknown)
    if why:
        return Predicted(memory, None, None, unknown, why)
    parts = _parts(model, tuple(tail for tail in tails if tail is not None))
    least = needed_bytes(parts, memory.head_bytes, kernels)
    return Predicted(memory, combine(parts, kernels).total, least, unknown, "")


def measure_arena(model: FileModel, data: bytes) -> Measured:
    """The arena that TFLM records, where it can load the model."""
    if model.custom_codes:
        return Measured(None, no_custom_operators(model))
    try:
        return Measured(record_isolated(data), "")
    except TflmRefused as error:
        return Measured(None, str(error))


def _why_no_tail(model: FileModel, unknown: tuple[str, ...]) -> str:
    if any(tensor.role is Role.VARIABLE for tensor in model.tensors):
        return "the tail is not predicted for models with variables"
    return f"what TensorFlow Lite Micro keeps for {', '.join(unknown)} is not known" if unknown else ""


def _parts(model: FileModel, tails: tuple[OpTail, ...]) -> NetworkParts:
    return NetworkParts(
        ops=tails,
        tensors=len(model.tensors),
        activations=sum(tensor.role is Role.ACTIVATION for tensor in model.tensors),
        inputs=len(model.inputs),
        outputs=len(model.outputs),
        plain_inputs=sum(not model.tensors[number].scales for number in model.inputs),
        plain_outputs=sum(not model.tensors[number].scales for number in model.outputs),
    )


def _op_tail(model: FileModel, op: FileOperator, kernels: Kernels) -> OpTail | None:
    """What an operator adds to the tail, None where it is not known."""
    if op.is_custom:
        return None
    if op.geometry is None:
        tensors = sum(number != ABSENT for number in (*op.inputs, *op.outputs))
        return foreign_op_tail(op.code, tensors, kernels)
    buffers = len(scratch_bytes(op.geometry, kernels))
    return op_tail(op.geometry, kernels, _scales(model, op), buffers)


def _scales(model: FileModel, op: FileOperator) -> WeightScales:
    """How many scales the weights and the biases have; 0 where there are none."""
    counts = [len(model.tensors[number].scales) if number != ABSENT else 0 for number in op.inputs]
    weights, bias = (*counts[1:], 0, 0)[:2]
    return WeightScales(weights, bias)
