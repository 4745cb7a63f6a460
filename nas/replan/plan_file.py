"""The best order and the best plan of a model file, and the file that carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from constraints.arena.checker import BadPlacement, check_placement
from constraints.arena.order import least_memory_order
from constraints.arena.plan import closest_plan
from constraints.arena.program import Program
from constraints.kernels import Kernels
from nas.check.memory import memory_of
from nas.replan.rewrite import with_plan
from nas.tflite_file.flatbuffer import Span
from nas.tflite_file.model import FileModel, Role
from nas.tflite_file.offline_plan import ONLINE
from nas.tflite_file.program import program_of
from nas.tflite_file.read import read_model

STATEFUL = ("VAR_HANDLE", "ASSIGN_VARIABLE", "READ_VARIABLE", "CALL_ONCE")


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file with its plan: what it says, its operators as steps in their new order, and its plan's offsets.

    `predicted_bytes` is the head that TFLM's planner makes of it on the kernels that it was planned for.
    """

    data: bytes
    model: FileModel
    program: Program
    offsets: dict[str, int]
    predicted_bytes: int
    is_reordered: bool

    @property
    def overlapping(self) -> tuple[str, ...]:
        """The steps that write over something which they read."""
        return tuple(step.name for step in self.program.steps if _lies_over(step.reads, step.writes, self))


def plan_file(data: bytes, kernels: Kernels) -> PlannedFile:
    """The file planned anew for these kernels; any plan that it has is left out of consideration.

    Raises:
        BadModelFile: it is no sound int8 model.
    """
    model = read_model(data)
    given = used_part(program_of(model, kernels))
    program = given if _must_keep_order(model) else least_memory_order(given)
    plan = closest_plan(program)
    check_placement(program, plan.offsets, plan.tensors_bytes)
    numbers = {op.name: op.index for op in model.operators}
    order = [numbers[step.name] for step in program.steps]
    offsets = [plan.offsets.get(tensor.name, ONLINE) for tensor in model.tensors]
    rewritten = with_plan(data, offsets, order)
    new = read_model(rewritten)
    head = memory_of(new, program_of(new, kernels)).head_bytes
    file = PlannedFile(rewritten, new, program, plan.offsets, head, program is not given)
    _check_rewritten(data, model, file, order)
    return file


def head_as_it_is(model: FileModel, kernels: Kernels) -> int:
    """The head that TFLM makes of the file on these kernels, with the plan that it carries or its own."""
    return memory_of(model, program_of(model, kernels)).head_bytes


def has_unsafe_plan(model: FileModel, kernels: Kernels) -> bool:
    """Whether the file carries a plan that is not safe on these kernels."""
    if model.offline_plan is None:
        return False
    program = program_of(model, kernels)
    memory = memory_of(model, program)
    offsets = {placed.buffer.name: placed.offset for placed in memory.placed}
    try:
        check_placement(used_part(program), offsets, memory.head_bytes)
    except BadPlacement:
        return True
    return False


def used_part(program: Program) -> Program:
    """The program without tensors that no step touches and that are neither inputs nor outputs."""
    touched = {name for step in program.steps for name in (*step.reads, *step.writes)}
    touched.update(program.inputs, program.outputs)
    return replace(program, sizes={name: size for name, size in program.sizes.items() if name in touched})


def _must_keep_order(model: FileModel) -> bool:
    """Whether operators may share a state, which their inputs and outputs do not show."""
    keeps_state = any(tensor.role is Role.VARIABLE or tensor.type == "RESOURCE" for tensor in model.tensors)
    return keeps_state or any(op.is_custom or op.code in STATEFUL for op in model.operators)


def _check_rewritten(old: bytes, model: FileModel, file: PlannedFile, order: Sequence[int]) -> None:
    """Our own rewriting, read back: the same tensors with the same data, the same operators, and the plan."""
    new = file.model
    assert new.offline_plan == tuple(file.offsets.get(tensor.name, ONLINE) for tensor in model.tensors)
    assert _tensors(file.data, new) == _tensors(old, model)
    assert [replace(op, index=0) for op in new.operators] == [
        replace(model.operators[index], index=0) for index in order
    ]
    assert (new.inputs, new.outputs) == (model.inputs, model.outputs)


def _tensors(data: bytes, model: FileModel) -> list[tuple[str, bytes]]:
    """What is said of every tensor, as text, since a damaged scale can be NaN, and its data."""
    spans = [tensor.data or Span(0, 0) for tensor in model.tensors]
    said = [repr(replace(tensor, data=None)) for tensor in model.tensors]
    return [(text, data[span.start : span.end]) for text, span in zip(said, spans, strict=True)]


def _lies_over(reads: tuple[str, ...], writes: tuple[str, ...], file: PlannedFile) -> bool:
    return any(
        _overlap(read, written, file.offsets, file.program.sizes) for read in reads for written in writes
    )


def _overlap(one: str, other: str, offsets: Mapping[str, int], sizes: Mapping[str, int]) -> bool:
    return offsets[one] < offsets[other] + sizes[other] and offsets[other] < offsets[one] + sizes[one]
