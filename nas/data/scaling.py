"""Maps numbers to bytes: the lowest value becomes 0, the highest 255."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.data.bad_data import BadData

SAMPLES_AT_ONCE = 1024
"""Samples widened to float64 at a time, so that the memory needed stays that of the bytes."""


def check_finite(values: npt.NDArray[Any], where: str) -> None:
    """Refuse numbers that cannot be mapped.

    Raises:
        BadData: A value is NaN or infinite.
    """
    # Both extremes are NaN as soon as one value is, and neither test needs an array of its own.
    if not (np.isfinite(values.min()) and np.isfinite(values.max())):
        raise BadData(
            f"{where} must hold finite numbers only, but holds NaN or infinity: remove those samples"
        )


def scale_to_bytes(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Each x becomes round((x - low) / (high - low) * 255), halves to the even one, clipped to 0..255.

    Raises:
        BadData: `high` is not above `low`, or further than float64 can tell.
    """
    if not 0.0 < high - low < math.inf:
        raise BadData(f"training values must differ and span a finite range, but span {low:g} to {high:g}")
    scaled = np.empty(values.shape, dtype=np.uint8)
    for start in range(0, len(values), SAMPLES_AT_ONCE):
        part = values[start : start + SAMPLES_AT_ONCE].astype(np.float64)
        scaled[start : start + SAMPLES_AT_ONCE] = np.clip(np.rint((part - low) / (high - low) * 255), 0, 255)
    return scaled
