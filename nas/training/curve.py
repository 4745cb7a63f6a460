"""How training went, point by point."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Where training stood: mean loss since the point before, and the watched network's validation scores."""

    seconds: float
    step: int
    train_loss: float
    val_loss: float
    val_accuracy: float
