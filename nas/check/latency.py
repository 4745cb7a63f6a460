"""Time and energy of a model file: predicted op by op, or measured where the target is this computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constraints.energy import energy_of_ms
from constraints.latency import milliseconds, op_cycles
from constraints.target import Target
from nas.tflite_file.model import FileModel, FileOperator
from nas.verify.isolated import Timed, time_isolated
from nas.verify.tflm import TflmRefused, tflm_version
from search_spaces.graph import UnsupportedOp

HOST_NAME = "host"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one inference, None where `why` says why.

    `cycles` has one figure an operator, None where it is not modelled; `missing` names the codes of those,
    which a predicted time leaves out. `measured` is set where the time was measured.
    """

    ms: float | None
    energy_uj: float | None
    cycles: tuple[float | None, ...]
    missing: tuple[str, ...]
    why: str
    energy_why: str
    runtime: str
    measured: Timed | None = None


def predict_latency(model: FileModel, target: Target) -> Latency:
    """The time of all operators that the target's model knows."""
    nothing = (None,) * len(model.operators)
    energy_why = "" if target.energy is not None else f"target {target.name} has no energy model"
    if target.latency is None or target.clock_hz is None:
        why = f"target {target.name} has no latency model"
        return Latency(None, None, nothing, (), why, energy_why or why, target.software_stack)
    cycles = tuple(_cycles(op, target) for op in model.operators)
    missing = _codes([op for op, count in zip(model.operators, cycles, strict=True) if count is None])
    known = [count for count in cycles if count is not None]
    if not known:
        why = f"none of its operators ({', '.join(missing)}) is modelled for latency"
        return Latency(None, None, cycles, missing, why, energy_why or why, target.software_stack)
    total_ms = milliseconds(sum(known), target.clock_hz)
    energy = energy_of_ms(total_ms, target)
    return Latency(total_ms, energy, cycles, missing, "", energy_why, target.software_stack)


def measure_latency(model: FileModel, data: bytes) -> Latency:
    """The time of one inference on this computer; custom operators keep it from being run."""
    nothing = (None,) * len(model.operators)
    runtime = f"TensorFlow Lite Micro {tflm_version() or '(not installed)'}, reference kernels, this computer"
    no_energy = "energy is not measured on this computer"
    if model.custom_codes:
        why = f"TensorFlow Lite Micro has no custom operator {', '.join(model.custom_codes)}"
        return Latency(None, None, nothing, (), why, no_energy, runtime)
    try:
        timed = time_isolated(data)
    except TflmRefused as error:
        return Latency(None, None, nothing, (), str(error), no_energy, runtime)
    return Latency(timed.median_ms, None, nothing, (), "", no_energy, runtime, timed)


def _cycles(op: FileOperator, target: Target) -> float | None:
    if op.geometry is None or target.latency is None:
        return None
    try:
        return op_cycles(op.geometry, target.latency)
    except UnsupportedOp:
        return None


def _codes(operators: Sequence[FileOperator]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(op.code for op in operators))
