"""The arena's tail of a model file, predicted struct by struct."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.kernel_tails import OpTail, WeightScales, op_tail
from constraints.arena.scratch import scratch_bytes
from constraints.arena.tail import NetworkParts, combine
from constraints.arena.total import needed_bytes
from constraints.kernels import Kernels
from nas.check.plain_tails import plain_tail
from nas.tflite_file.model import ABSENT, FileModel, FileOperator, Role
from search_spaces.graph import UnsupportedOp


@dataclass(frozen=True, slots=True)
class Tail:
    """Bytes of the tail, and of the least arena with a head of the size given; None where `why` says why."""

    size_bytes: int | None
    arena_bytes: int | None
    why: str


def predicted_tail(model: FileModel, kernels: Kernels, head_bytes: int) -> Tail:
    """The tail on some kernels, where TFLM's data are known for every operator."""
    if any(tensor.role is Role.VARIABLE for tensor in model.tensors):
        return Tail(None, None, "the tail is not predicted for models with variables")
    tails = [_op_tail(model, op, kernels) for op in model.operators]
    unknown = [op.code for op, tail in zip(model.operators, tails, strict=True) if tail is None]
    if unknown:
        codes = ", ".join(dict.fromkeys(unknown))
        return Tail(None, None, f"what TensorFlow Lite Micro keeps for {codes} is not known")
    parts = NetworkParts(
        ops=tuple(tail for tail in tails if tail is not None),
        tensors=len(model.tensors),
        activations=sum(tensor.role is Role.ACTIVATION for tensor in model.tensors),
        inputs=len(model.inputs),
        outputs=len(model.outputs),
        plain_inputs=sum(not model.tensors[number].scales for number in model.inputs),
        plain_outputs=sum(not model.tensors[number].scales for number in model.outputs),
    )
    return Tail(combine(parts, kernels).total, needed_bytes(parts, head_bytes, kernels), "")


def _op_tail(model: FileModel, op: FileOperator, kernels: Kernels) -> OpTail | None:
    if op.geometry is None:
        return None if op.is_custom else plain_tail(op.code, kernels)
    buffers = len(scratch_bytes(op.geometry, kernels))
    try:
        return op_tail(op.geometry, kernels, _scales(model, op), buffers)
    except UnsupportedOp:
        return None


def _scales(model: FileModel, op: FileOperator) -> WeightScales:
    """How many scales the weights and the biases have; 0 where there are none."""
    counts = [len(model.tensors[number].scales) if number != ABSENT else 0 for number in op.inputs]
    weights, bias = (*counts[1:], 0, 0)[:2]
    return WeightScales(weights, bias)
