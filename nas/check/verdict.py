"""Whether a model file keeps to its limits, and by how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and what is needed of it; `needed` is None where that is not known.

    `is_least` says that more may be needed than is known, which leaves open whether a limit is kept.
    """

    quantity: str
    needed: float | None
    allowed: float
    unit: str
    is_least: bool = False

    @property
    def fits(self) -> bool | None:
        """Whether the limit is kept, None where that is not known."""
        if self.needed is None:
            return None
        if self.needed > self.allowed:
            return False
        return None if self.is_least else True

    @property
    def left(self) -> float | None:
        """What is left of the limit; below 0 by how much it is exceeded."""
        return None if self.needed is None else self.allowed - self.needed


def all_fit(limits: tuple[Limit, ...]) -> bool | None:
    """Whether every limit is kept; None where there is none, or where it is not known of one of them."""
    verdicts = [limit.fits for limit in limits]
    if False in verdicts:
        return False
    return None if None in verdicts or not verdicts else True
