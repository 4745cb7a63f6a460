"""Time and energy of a model file: predicted op by op, estimated by a compiler, or measured here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from constraints.energy import energy_of_ms
from constraints.latency import milliseconds, op_cycles
from constraints.target import Target
from nas.tflite_file.model import FileModel, FileOperator
from search_spaces.graph import UnsupportedOp

HOST_NAME = "host"


class How(StrEnum):
    """How a time came about."""

    PREDICTED = "predicted"
    ESTIMATED = "estimated by the compiler"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a compiler says that the model takes once it has rearranged it, in bytes."""

    sram_bytes: int
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one inference, None where `why` says why.

    `cycles` has one figure an operator, None where it is not modelled; `missing` names the codes of operators
    that the time leaves out. `runtime` is what runs the model, or the compiler that knows; `compiled` is set
    where one rearranges the model, so that memory is as it says.
    """

    how: How
    ms: float | None
    energy_uj: float | None
    cycles: tuple[float | None, ...]
    missing: tuple[str, ...]
    why: str
    energy_why: str
    runtime: str
    compiled: Compiled | None = None


def latency_of(model: FileModel, data: bytes, target: Target) -> Latency:
    """The time on a target: measured where that is this computer, else by its model or its compiler."""
    if target.name == HOST_NAME:
        return _measured(model, data)
    return _predicted(model, target) if target.vela is None else _estimated(model, data, target)


def is_modelled(target: Target) -> bool:
    """Whether the time on a target is known beforehand, without the file being run or compiled."""
    return target.name != HOST_NAME and target.vela is None


def _predicted(model: FileModel, target: Target) -> Latency:
    """The time of all operators that the target's model knows."""
    energy_why = "" if target.energy is not None else f"target {target.name} has no energy model"
    if target.latency is None or target.clock_hz is None:
        return _unknown(
            How.PREDICTED, model, f"target {target.name} has no latency model", target.software_stack
        )
    cycles = tuple(_cycles(op, target) for op in model.operators)
    missing = _codes([op for op, count in zip(model.operators, cycles, strict=True) if count is None])
    known = [count for count in cycles if count is not None]
    if not known:
        why = f"none of its operators ({', '.join(missing)}) is modelled for latency"
        return _unknown(How.PREDICTED, model, why, target.software_stack)
    total_ms = milliseconds(sum(known), target.clock_hz)
    energy = energy_of_ms(total_ms, target)
    return Latency(How.PREDICTED, total_ms, energy, cycles, missing, "", energy_why, target.software_stack)


def _estimated(model: FileModel, data: bytes, target: Target) -> Latency:
    """What Vela says of the neural processor; operators that it leaves to the other one are not in it."""
    from nas.npu.vela import VelaRefused, compile_for

    try:
        estimate = compile_for(data, target)
    except VelaRefused as error:
        return _unknown(How.ESTIMATED, model, str(error), target.software_stack)
    return Latency(
        How.ESTIMATED,
        estimate.latency_ms,
        None,
        (None,) * len(model.operators),
        tuple(dict.fromkeys(estimate.cpu_ops)),
        "",
        "the compiler estimates no energy",
        f"Vela {estimate.version}",
        Compiled(estimate.sram_bytes, estimate.flash_bytes),
    )


def _measured(model: FileModel, data: bytes) -> Latency:
    """The time of one inference on this computer."""
    from nas.verify.host_latency import HostRefused, measure_ms

    if model.custom_codes:
        return _unknown(How.MEASURED, model, no_custom_operators(model), "this computer")
    try:
        taken = measure_ms(data)
    except HostRefused as error:
        return _unknown(How.MEASURED, model, str(error), "this computer")
    runtime = f"{taken.runtime}, this computer, median of {taken.runs}"
    nothing = (None,) * len(model.operators)
    why = "energy is not measured on this computer"
    return Latency(How.MEASURED, taken.median_ms, None, nothing, (), "", why, runtime)


def no_custom_operators(model: FileModel) -> str:
    """Why a model with custom operators is not run."""
    return f"TensorFlow Lite Micro has no custom operator {', '.join(model.custom_codes)}"


def _unknown(how: How, model: FileModel, why: str, runtime: str) -> Latency:
    return Latency(how, None, None, (None,) * len(model.operators), (), why, why, runtime)


def _cycles(op: FileOperator, target: Target) -> float | None:
    if op.geometry is None or target.latency is None:
        return None
    try:
        return op_cycles(op.geometry, target.latency)
    except UnsupportedOp:
        return None


def _codes(operators: Sequence[FileOperator]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(op.code for op in operators))
