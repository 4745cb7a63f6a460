"""A budget as a target can meet and answer it."""

from __future__ import annotations

from dataclasses import replace

from constraints.budget import Budget
from constraints.target import Target
from constraints.units import format_bytes


class UnanswerableBudget(ValueError):
    """A budget asks for what the target does not have or cannot predict."""


def budget_on(target: Target, budget: Budget) -> Budget:
    """The budget with memory limits that were left open set to the target's memory.

    Raises:
        UnanswerableBudget: a memory limit is above what the chip has, or latency or energy is budgeted on a
            target that has no model of it.
    """
    _check_memory(target, "ram", budget.ram_bytes, target.ram_bytes)
    _check_memory(target, "activations", budget.activations_bytes, target.ram_bytes)
    _check_memory(target, "flash", budget.flash_bytes, target.flash_bytes)
    if budget.latency_ms is not None and target.latency is None:
        raise UnanswerableBudget(_without_model(target, "latency"))
    if budget.energy_uj is not None and (target.energy is None or target.latency is None):
        raise UnanswerableBudget(_without_model(target, "energy"))
    return replace(
        budget,
        ram_bytes=budget.ram_bytes or target.ram_bytes,
        flash_bytes=budget.flash_bytes or target.flash_bytes,
    )


def _check_memory(target: Target, quantity: str, asked: int | None, present: int | None) -> None:
    if asked is not None and present is not None and asked > present:
        raise UnanswerableBudget(
            f"target {target.name} has {format_bytes(present)} for {quantity}, the budget is "
            f"{format_bytes(asked)}: lower the budget or choose a larger target"
        )


def _without_model(target: Target, quantity: str) -> str:
    if target.vela is not None:
        return (
            f"target {target.name} has no {quantity} model to search with, because only compiling a network "
            f"with Vela tells its latency: leave the {quantity} budget out and budget macs instead; every "
            "finalist's latency is estimated by the compiler"
        )
    return (
        f"target {target.name} has no {quantity} model: leave the {quantity} budget out, "
        "budget macs instead, or give a target file of your own with measured constants"
    )
