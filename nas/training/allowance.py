"""How much training is allowed: a number of steps, or a number of seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """Exactly one of the two is given; steps make a run repeatable to the bit, seconds make it end in time.

    Raises:
        ValueError: neither or both are given, or a negative one.
    """

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError(
                f"give either steps or seconds of training, got steps={self.steps} and seconds={self.seconds}"
            )
        if (self.steps or 0) < 0 or (self.seconds or 0.0) < 0.0:
            raise ValueError(
                f"training cannot be less than none, got steps={self.steps} and seconds={self.seconds}"
            )

    def less(self, seconds: float) -> Allowance:
        """After so many seconds of other work: at least half of it, and all of it where it is steps."""
        if self.seconds is None:
            return self
        return Allowance(seconds=max(self.seconds - seconds, 0.5 * self.seconds))


class Progress:
    """Counts steps and seconds against an allowance, those of an interrupted session before included."""

    def __init__(self, allowance: Allowance, steps: int = 0, seconds: float = 0.0) -> None:
        self.allowance = allowance
        self.step = steps
        self._before = seconds
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds spent so far."""
        return self._before + time.monotonic() - self._start

    @property
    def fraction(self) -> float:
        """How much of the allowance is used, 0 to 1; of none at all, everything."""
        if self.allowance.steps is not None:
            return _share(self.step, self.allowance.steps)
        assert self.allowance.seconds is not None
        return _share(self.seconds, self.allowance.seconds)


def _share(used: float, allowed: float) -> float:
    return min(1.0, used / allowed) if allowed > 0 else 1.0
