"""Where TensorFlow Lite Micro puts the activations of a model file as it is, and what is in use op by op.

Source: TFLM, micro_allocation_info.cc (`MarkAllocationLifetimes`, `GetOfflinePlannedOffsets`) and
memory_planner/greedy_memory_planner.cc (`CalculateOffsetsIfNeeded`). Times are TFLM's: 0 is when the inputs
are filled, operator 0 runs at 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constraints.arena.liveness import Buffer, aligned
from constraints.arena.placement import place
from constraints.arena.program import Program
from nas.tflite_file.model import FileModel, Role
from nas.tflite_file.offline_plan import ONLINE

NEVER = -1
"""The time of an activation that no operator touches; it has a place all the same."""

SCRATCH = ""
"""The name of scratch memory; no tensor has it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A buffer and where it starts, in bytes from the arena's start."""

    buffer: Buffer
    offset: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.offset + self.buffer.size_bytes


@dataclass(frozen=True, slots=True)
class OpMemory:
    """Bytes in use while an operator runs, each counted once: what it reads, what else it writes, the rest.

    `scratch` is what its kernel asked for; `alive` is the sum of all.
    """

    reads: int
    writes: int
    keeps: int
    scratch: int

    @property
    def alive(self) -> int:
        """Bytes in use."""
        return self.reads + self.writes + self.keeps + self.scratch


@dataclass(frozen=True, slots=True)
class Memory:
    """All buffers in their places, the bytes that they span, and what is in use at each operator."""

    placed: tuple[Placed, ...]
    head_bytes: int
    by_op: tuple[OpMemory, ...]

    @property
    def peak_op(self) -> int:
        """The first operator at which the most bytes are in use."""
        alive = [memory.alive for memory in self.by_op]
        return alive.index(max(alive))


def memory_of(model: FileModel, program: Program) -> Memory:
    """The plan that TFLM makes of the file, or the one that the file carries."""
    buffers = tflm_buffers(model, program)
    placement = place(buffers, _fixed_offsets(model))
    placed = tuple(Placed(buffer, offset) for buffer, offset in zip(buffers, placement.offsets, strict=True))
    by_op = tuple(_op_memory(placed, program, index) for index in range(len(program.steps)))
    return Memory(placed, placement.head_bytes, by_op)


def tflm_buffers(model: FileModel, program: Program) -> tuple[Buffer, ...]:
    """What TFLM's planner is given, in its order: the activations as they stand in the file, then scratch."""
    first = dict.fromkeys((*program.inputs, *program.outputs), 0)
    last = dict(first)
    for time, step in enumerate(program.steps, start=1):
        first.update(dict.fromkeys(step.writes, time))
        last.update(dict.fromkeys((*step.reads, *step.writes), time))
    last.update(dict.fromkeys(program.outputs, len(program.steps)))
    names = [tensor.name for tensor in model.tensors if tensor.role is Role.ACTIVATION]
    buffers = [
        Buffer(name, aligned(program.sizes[name]), first.get(name, NEVER), last.get(name, NEVER))
        for name in names
    ]
    for time, step in enumerate(program.steps, start=1):
        buffers += [Buffer(SCRATCH, aligned(size), time, time) for size in step.scratch_bytes]
    return tuple(buffers)


def _fixed_offsets(model: FileModel) -> tuple[int | None, ...]:
    """The file's own offset of every activation, None for those without; empty where it has no plan."""
    if model.offline_plan is None:
        return ()
    activations = [tensor.index for tensor in model.tensors if tensor.role is Role.ACTIVATION]
    planned = (model.offline_plan[index] for index in activations)
    return tuple(None if offset == ONLINE else offset for offset in planned)


def _op_memory(placed: Sequence[Placed], program: Program, index: int) -> OpMemory:
    time, step = index + 1, program.steps[index]
    alive = [one for one in placed if one.buffer.first <= time <= one.buffer.last]
    scratch = [one for one in alive if one.buffer.name == SCRATCH]
    tensors = [one for one in alive if one.buffer.name != SCRATCH]
    read = [one for one in tensors if one.buffer.name in step.reads]
    touched = read + [one for one in tensors if one.buffer.name in step.writes]
    reads, reads_and_writes, everything = (covered_bytes(part) for part in (read, touched, tensors))
    return OpMemory(
        reads,
        reads_and_writes - reads,
        everything - reads_and_writes,
        covered_bytes([*tensors, *scratch]) - everything,
    )


def covered_bytes(placed: Sequence[Placed]) -> int:
    """Bytes that at least one of these takes."""
    covered, end = 0, 0
    for one in sorted(placed, key=lambda one: one.offset):
        covered += max(0, one.end - max(one.offset, end))
        end = max(end, one.end)
    return covered
