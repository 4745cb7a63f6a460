"""What holds training together, and what is said where it does not."""

from __future__ import annotations

import math

GRADIENT_NORM = 5.0
"""The most that the gradients of all weights together may have."""


class TrainingDiverged(ValueError):
    """The loss is no longer a number."""


def check_finite(loss: float) -> None:
    """Nothing, where the loss of a step is a number.

    Raises:
        TrainingDiverged: it is not.
    """
    if not math.isfinite(loss):
        raise TrainingDiverged(f"training must keep a finite loss, but it is {loss}: try another seed")
