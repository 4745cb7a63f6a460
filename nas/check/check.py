"""Works out what `nas check` shows."""

from __future__ import annotations

from dataclasses import replace

from constraints.budget import Budget
from constraints.kernels import HOST
from constraints.macs import macs
from constraints.target import Target
from nas.check.arena import measure_arena, predict_arena
from nas.check.latency import Latency, latency_of
from nas.check.limits import limits_of, limits_on
from nas.check.memory import Memory
from nas.check.op_facts import may_multiply
from nas.check.result import CheckResult, OpRow
from nas.tflite_file.model import FileModel, FileOperator
from nas.tflite_file.read import read_model


def check_file(name: str, data: bytes, target: Target, budget: Budget) -> CheckResult:
    """All that can be said of a model file on a target, and whether it keeps to a budget.

    Limits on memory that the budget leaves open are the target's memory.

    Raises:
        BadModelFile: the file is no sound int8 model.
        UnanswerableBudget: a limit is above what the target has, or of what it has no model.
    """
    limits = limits_on(target, budget)
    model = read_model(data)
    host = predict_arena(model)
    arena = host if target.kernels == HOST else predict_arena(model, target.kernels)
    latency = latency_of(model, data, target)
    result = CheckResult(
        name=name,
        target=target,
        model=model,
        ops=tuple(_row(model, op, arena.memory, latency) for op in model.operators),
        host=host,
        arena=arena,
        measured=measure_arena(model, data),
        latency=latency,
        limits=(),
        without_macs=tuple(dict.fromkeys(op.code for op in model.operators if may_multiply(op))),
    )
    return replace(result, limits=limits_of(result, limits))


def _row(model: FileModel, op: FileOperator, memory: Memory, latency: Latency) -> OpRow:
    return OpRow(
        op,
        tuple(tensor.shape for tensor in model.activations_read(op)),
        tuple(tensor.shape for tensor in model.activations_written(op)),
        _macs(op),
        memory.by_op[op.index],
        latency.cycles[op.index],
    )


def _macs(op: FileOperator) -> int | None:
    if op.geometry is not None:
        return macs(op.geometry)
    return None if may_multiply(op) else 0
