"""The limits that a model file is held to, and what it needs of each."""

from __future__ import annotations

from dataclasses import replace

from constraints.budget import Budget
from constraints.target import Target
from constraints.target_budget import budget_on
from nas.check.latency import How, is_modelled
from nas.check.result import CheckResult
from nas.check.verdict import Limit

NEGLIGIBLE = 0.01
"""Operators that move less than this part of all activation bytes leave a predicted time a verdict."""


def limits_on(target: Target, budget: Budget) -> Budget:
    """The budget on a target, whose memory is the limit where none is given.

    A time may be limited also where it is known only once the file has been run or compiled.

    Raises:
        UnanswerableBudget: a limit is above what the target has, or of what it has no model.
    """
    if is_modelled(target):
        return budget_on(target, budget)
    return replace(budget_on(target, replace(budget, latency_ms=None)), latency_ms=budget.latency_ms)


def limits_of(result: CheckResult, budget: Budget) -> tuple[Limit, ...]:
    """Each limit that there is, and what is needed of it."""
    latency = result.latency
    is_least_memory, is_least_time = _leaves_out_memory(result), _leaves_out_time(result)
    rows = (
        ("activations", result.needed_activations_bytes, budget.activations_bytes, "B", is_least_memory),
        ("ram", result.needed_ram_bytes, budget.ram_bytes, "B", is_least_memory),
        ("flash", result.needed_flash_bytes, budget.flash_bytes, "B", False),
        ("latency", latency.ms, budget.latency_ms, "ms", is_least_time),
        ("energy", latency.energy_uj, budget.energy_uj, "uJ", is_least_time),
        ("macs", result.macs, budget.macs, "MACs", bool(result.without_macs)),
    )
    return tuple(
        Limit(quantity, needed, allowed, unit, is_least)
        for quantity, needed, allowed, unit, is_least in rows
        if allowed is not None
    )


def _leaves_out_memory(result: CheckResult) -> bool:
    """Whether the memory needed is predicted without the scratch memory that some operators may ask for."""
    measured = result.is_on_host and result.measured.arena is not None
    return bool(result.arena.unknown) and not measured and result.latency.compiled is None


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
