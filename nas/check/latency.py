"""Time and energy of a model file: predicted op by op, estimated by a compiler, or measured here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from constraints.cost_models import LatencyModel
from constraints.energy import energy_of_ms
from constraints.geometry import Geometry
from constraints.latency import milliseconds, op_cycles
from constraints.target import Target
from nas.tflite_file.constant_channels import live_geometries
from nas.tflite_file.model import FileModel
from nas.verify.host_latency import HostLatency, HostRefused, measure_each
from search_spaces.graph import UnsupportedOp

HOST_NAME = "host"
THIS_COMPUTER = "this computer"


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
    that the time leaves out. `runtime` is what runs the model, or the compiler that knows; `beside` are the
    times in other runtimes. `remark` says what is particular about the time. `compiled` is set where a
    compiler rearranges the model, so that memory is as it says.
    """

    how: How
    ms: float | None
    cycles: tuple[float | None, ...]
    runtime: str
    energy_uj: float | None = None
    missing: tuple[str, ...] = ()
    why: str = ""
    energy_why: str = ""
    remark: str = ""
    beside: tuple[HostLatency, ...] = ()
    compiled: Compiled | None = None


def latency_of(model: FileModel, data: bytes, target: Target) -> Latency:
    """The time on a target: measured where that is this computer, else by its model or its compiler."""
    if target.name == HOST_NAME:
        return _measured(model, data)
    return _predicted(model, data, target) if target.vela is None else _estimated(model, data, target)


def is_modelled(target: Target) -> bool:
    """Whether the time on a target is known beforehand, without the file being run or compiled."""
    return target.name != HOST_NAME and target.vela is None


def no_custom_operators(model: FileModel) -> str:
    """Why a model with custom operators is not run."""
    return f"TensorFlow Lite Micro has no custom operator {', '.join(model.custom_codes)}"


def _predicted(model: FileModel, data: bytes, target: Target) -> Latency:
    """The time of all operators that the target's model knows."""
    if target.latency is None or target.clock_hz is None:
        why = f"target {target.name} has no latency model"
        return _unknown(How.PREDICTED, model, why, target.software_stack)
    geometries = tuple(op.geometry for op in model.operators)
    live = live_geometries(model, data) if target.latency.drops_constant_channels else geometries
    cycles = tuple(_cycles(geometry, target.latency) for geometry in live)
    missing = _without_cycles(model, cycles)
    known = [count for count in cycles if count is not None]
    if not known:
        why = f"none of its operators ({', '.join(missing)}) is modelled for latency"
        return _unknown(How.PREDICTED, model, why, target.software_stack)
    total_ms = milliseconds(sum(known), target.clock_hz)
    return Latency(
        How.PREDICTED,
        total_ms,
        cycles,
        target.software_stack,
        energy_of_ms(total_ms, target),
        missing,
        energy_why="" if target.energy is not None else f"target {target.name} has no energy model",
        remark="" if live == geometries else "channels with all-zero weights are not computed",
    )


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
        _nothing(model),
        f"Vela {estimate.version}",
        missing=tuple(dict.fromkeys(estimate.cpu_ops)),
        energy_why="the compiler estimates no energy",
        compiled=Compiled(estimate.sram_bytes, estimate.flash_bytes),
    )


def _measured(model: FileModel, data: bytes) -> Latency:
    """The time of one inference on this computer, in every runtime that there is."""
    if model.custom_codes:
        return _unknown(How.MEASURED, model, no_custom_operators(model), THIS_COMPUTER)
    try:
        first, *others = measure_each(data)
    except HostRefused as error:
        return _unknown(How.MEASURED, model, str(error), THIS_COMPUTER)
    return Latency(
        How.MEASURED,
        first.median_ms,
        _nothing(model),
        f"{first.runtime}, {THIS_COMPUTER}, median of {first.runs}",
        energy_why=f"energy is not measured on {THIS_COMPUTER}",
        beside=tuple(others),
    )


def _unknown(how: How, model: FileModel, why: str, runtime: str) -> Latency:
    return Latency(how, None, _nothing(model), runtime, why=why, energy_why=why)


def _nothing(model: FileModel) -> tuple[None, ...]:
    return (None,) * len(model.operators)


def _cycles(geometry: Geometry | None, latency: LatencyModel) -> float | None:
    if geometry is None:
        return None
    try:
        return op_cycles(geometry, latency)
    except UnsupportedOp:
        return None


def _without_cycles(model: FileModel, cycles: tuple[float | None, ...]) -> tuple[str, ...]:
    """The codes of operators that are not modelled, each once."""
    rows = zip(model.operators, cycles, strict=True)
    return tuple(dict.fromkeys(op.code for op, count in rows if count is None))
