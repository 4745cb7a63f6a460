"""Works out what `nas check` shows."""

from __future__ import annotations

from dataclasses import replace

from constraints.budget import Budget
from constraints.kernels import HOST
from constraints.macs import macs
from constraints.target import Target
from constraints.target_budget import budget_on
from nas.check.arena import measure_arena, predict_arena, without_scratch
from nas.check.latency import How, Latency, is_modelled, latency_of
from nas.check.memory import Memory
from nas.check.op_facts import may_multiply
from nas.check.result import CheckResult, OpRow
from nas.check.verdict import Limit
from nas.tflite_file.model import FileModel, FileOperator
from nas.tflite_file.read import read_model

NEGLIGIBLE = 0.01
"""Operators that move less than this part of all activation bytes leave a predicted time a verdict."""


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
    measured = measure_arena(model, data)
    latency = latency_of(model, data, target)
    ops = tuple(_row(model, op, arena.memory, latency) for op in model.operators)
    missing = without_scratch(model)
    result = CheckResult(
        name=name,
        target=target,
        model=model,
        ops=ops,
        host=host,
        arena=arena,
        measured=measured,
        latency=latency,
        limits=(),
        without_scratch=missing,
        without_macs=tuple(dict.fromkeys(op.code for op in model.operators if may_multiply(op))),
    )
    return replace(result, limits=_limits(result, limits))


def limits_on(target: Target, budget: Budget) -> Budget:
    """The budget on a target, whose memory is the limit where none is given.

    Raises:
        UnanswerableBudget: as `check_file` does.
    """
    if is_modelled(target):
        return budget_on(target, budget)
    return replace(budget_on(target, replace(budget, latency_ms=None)), latency_ms=budget.latency_ms)


def needed_ram(result: CheckResult) -> int | None:
    """Bytes of the least arena on the target, predicted; on this computer no less than was recorded.

    For a neural processor it is the SRAM that its compiler asks for.
    Where the target's tail is not predicted, the one recorded here stands for it, whose pointers are no
    shorter.
    """
    least, measured = result.arena.least_bytes, result.measured.arena
    if result.latency.compiled is not None:
        return result.latency.compiled.sram_bytes
    if measured is None:
        return least
    if result.is_on_host:
        return max(least or 0, measured.total_bytes)
    return least or result.arena.head_bytes + measured.tail_bytes


def needed_activations(result: CheckResult) -> int:
    """Bytes of the arena's head on the target, or what its compiler says."""
    if result.latency.compiled is not None:
        return result.latency.compiled.sram_bytes
    if result.is_on_host and result.measured.arena is not None:
        return result.measured.arena.head_bytes
    return result.arena.head_bytes


def needed_flash(result: CheckResult) -> int:
    """Bytes of the file, or what the target's compiler makes of it."""
    compiled = result.latency.compiled
    return result.model.parts.total if compiled is None else compiled.flash_bytes


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


def _limits(result: CheckResult, budget: Budget) -> tuple[Limit, ...]:
    """Each limit that there is, and what is needed of it."""
    latency = result.latency
    measured = result.is_on_host and result.measured.arena is not None
    is_least_memory = bool(result.without_scratch) and not measured and result.latency.compiled is None
    is_least_time = _leaves_out_time(result)
    rows = (
        ("activations", needed_activations(result), budget.activations_bytes, "B", is_least_memory),
        ("ram", needed_ram(result), budget.ram_bytes, "B", is_least_memory),
        ("flash", needed_flash(result), budget.flash_bytes, "B", False),
        ("latency", latency.ms, budget.latency_ms, "ms", is_least_time),
        ("energy", latency.energy_uj, budget.energy_uj, "uJ", is_least_time),
        ("macs", result.macs, budget.macs, "MACs", bool(result.without_macs)),
    )
    return tuple(
        Limit(quantity, needed, allowed, unit, is_least)
        for quantity, needed, allowed, unit, is_least in rows
        if allowed is not None
    )


def _leaves_out_time(result: CheckResult) -> bool:
    """Whether a time leaves out so much that it gives no verdict."""
    if result.latency.how is How.PREDICTED:
        return _share_without_model(result) > NEGLIGIBLE
    return bool(result.latency.missing)


def _share_without_model(result: CheckResult) -> float:
    """Which part of all bytes read and written is moved by operators whose time is not modelled."""
    moved = [row.memory.reads + row.memory.writes for row in result.ops]
    left_out = sum(
        size for row, size in zip(result.ops, moved, strict=True) if row.cycles is None and size > 0
    )
    return left_out / max(1, sum(moved))
