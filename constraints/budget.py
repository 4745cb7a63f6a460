"""What a network may need at most, and how far a cost is from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from constraints.cost import Cost
from constraints.units import BadAmount, parse_bytes, parse_count, parse_microjoules, parse_milliseconds


class UnknownCost(ValueError):
    """A quantity is budgeted that was not estimated; it must never pass for zero."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits, each None where there is none; a limit itself is still allowed.

    Raises:
        BadAmount: a limit is not a finite number above zero.
    """

    activations_bytes: int | None = None
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    latency_ms: float | None = None
    energy_uj: float | None = None
    macs: int | None = None

    def __post_init__(self) -> None:
        for limit in self.limits:
            if limit is not None and not (math.isfinite(limit) and limit > 0):
                raise BadAmount(f"a budget must be a finite number above zero or left out, got {limit}")

    @property
    def limits(self) -> tuple[float | None, ...]:
        """The six limits in the order of the fields."""
        return (
            self.activations_bytes,
            self.ram_bytes,
            self.flash_bytes,
            self.latency_ms,
            self.energy_uj,
            self.macs,
        )

    @classmethod
    def parse(
        cls,
        *,
        activations: str | int | None = None,
        ram: str | int | None = None,
        flash: str | int | None = None,
        latency: str | None = None,
        energy: str | None = None,
        macs: str | int | None = None,
    ) -> Budget:
        """A budget from amounts as people write them, e.g. `activations="12600B", latency="40ms"`.

        Raises:
            BadAmount: an amount cannot be read.
        """
        return cls(
            activations_bytes=None if activations is None else parse_bytes(activations),
            ram_bytes=None if ram is None else parse_bytes(ram),
            flash_bytes=None if flash is None else parse_bytes(flash),
            latency_ms=None if latency is None else parse_milliseconds(latency),
            energy_uj=None if energy is None else parse_microjoules(energy),
            macs=None if macs is None else parse_count(macs),
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """One limit that is exceeded; `at_op` names the op responsible where one is."""

    quantity: str
    needed: float
    allowed: float
    unit: str
    at_op: str | None = None

    @property
    def excess(self) -> float:
        """How far above the limit, as a fraction of it."""
        return self.needed / self.allowed - 1

    def __str__(self) -> str:
        where = "" if self.at_op is None else f" at {self.at_op}"
        needed, allowed = _number(self.needed), _number(self.allowed)
        return f"{self.quantity}: needs {needed} {self.unit}{where}, budget is {allowed} {self.unit}"


def violations(cost: Cost, budget: Budget) -> tuple[Violation, ...]:
    """Every limit that `cost` exceeds, in the order of the budget's fields.

    Raises:
        UnknownCost: latency or energy is budgeted, and the cost does not know it.
    """
    found = (
        _exceeded("activations", cost.activations_bytes, budget.activations_bytes, "B", cost.peak_op),
        _exceeded("ram", cost.ram_bytes, budget.ram_bytes, "B", cost.peak_op),
        _exceeded("flash", cost.flash_bytes, budget.flash_bytes, "B"),
        _exceeded("latency", cost.latency_ms, budget.latency_ms, "ms"),
        _exceeded("energy", cost.energy_uj, budget.energy_uj, "uJ"),
        _exceeded("macs", cost.macs, budget.macs, "MACs"),
    )
    return tuple(violation for violation in found if violation is not None)


def fits(cost: Cost, budget: Budget) -> bool:
    """Whether no limit is exceeded; raises as `violations` does."""
    return not violations(cost, budget)


def relative_excess(cost: Cost, budget: Budget) -> float:
    """The sum over exceeded limits of needed / allowed - 1: 0 when the cost fits, for a walk to descend.

    Raises as `violations` does.
    """
    return sum(violation.excess for violation in violations(cost, budget))


def _exceeded(
    quantity: str, needed: float | None, allowed: float | None, unit: str, at_op: str | None = None
) -> Violation | None:
    if allowed is None:
        return None
    if needed is None:
        raise UnknownCost(
            f"{quantity} is budgeted at {_number(allowed)} {unit} but was not estimated: "
            f"choose a target that has a model of it, or leave the {quantity} budget out"
        )
    return Violation(quantity, needed, allowed, unit, at_op or None) if needed > allowed else None


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    # Enough digits that what is needed never prints like what is allowed; trailing zeros say nothing.
    return f"{value:,.3f}".rstrip("0").rstrip(".") if value >= 1 else f"{value:.4g}"
