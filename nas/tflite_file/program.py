"""A model file as its memory sees it."""

from __future__ import annotations

from constraints.arena.foreign_tails import foreign_scratch_bytes
from constraints.arena.overlap import gaps
from constraints.arena.program import Program, Step
from constraints.arena.scratch import scratch_bytes
from constraints.geometry import Geometry
from constraints.kernels import Kernels
from nas.tflite_file.model import FileModel, FileOperator, Role

MOST_POSITIONS = 1 << 16
"""Positions of a dilated window whose overlap is computed."""


def program_of(model: FileModel, kernels: Kernels) -> Program:
    """The activations and the operators of a file; both go by the names that the model gives them.

    Constants and variables are left out, as they have no place among the activations. An operator without
    a `Geometry` lets nothing overlap; the scratch memory of some of these is known.
    """
    activations = [tensor for tensor in model.tensors if tensor.role is Role.ACTIVATION]
    names = {tensor.index: tensor.name for tensor in activations}
    return Program(
        inputs=tuple(names[number] for number in model.inputs),
        outputs=tuple(names[number] for number in dict.fromkeys(model.outputs) if number in names),
        sizes={tensor.name: tensor.size_bytes for tensor in activations},
        steps=tuple(_step(model, op, kernels) for op in model.operators),
    )


def _step(model: FileModel, op: FileOperator, kernels: Kernels) -> Step:
    reads = tuple(tensor.name for tensor in model.activations_read(op))
    writes = tuple(tensor.name for tensor in model.activations_written(op))
    if op.geometry is None:
        return Step(op.name, reads, writes, (None,) * len(reads), _foreign_scratch(model, op))
    scratch = scratch_bytes(op.geometry, kernels)
    if _is_slow(op.geometry):
        return Step(op.name, reads, writes, (None,) * len(reads), scratch)
    return Step(op.name, reads, writes, gaps(op.geometry, kernels), scratch)


def _foreign_scratch(model: FileModel, op: FileOperator) -> tuple[int, ...]:
    read, written = model.activations_read(op), model.activations_written(op)
    if op.is_custom or not read or not written:
        return ()
    return foreign_scratch_bytes(op.code, written[0].elements, len(read[0].shape))


def _is_slow(geometry: Geometry) -> bool:
    """Whether the overlap of an op would take seconds: it looks at every position of a dilated window."""
    rows, columns, _ = geometry.output
    return geometry.dilation != (1, 1) and rows * columns > MOST_POSITIONS
