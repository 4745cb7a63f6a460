"""How learning rates rise and fall."""

from __future__ import annotations


def learning_rate(peak: float, fraction: float, warm_up: float) -> float:
    """Linear from 0 to `peak` over the first `warm_up` of the training, then linear to 0."""
    if fraction < warm_up:
        return peak * max(fraction, 1e-3) / warm_up
    return peak * max(0.0, 1.0 - fraction) / (1.0 - warm_up)
