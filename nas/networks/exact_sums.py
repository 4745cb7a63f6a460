"""The floating-point type in which sums of products of whole numbers are exact, in whatever order."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

EXACT_IN_FLOAT32 = 2**24
"""Every whole number up to this one is a float32 (IEEE 754, 24 bits of significand)."""


def exact_type(codes: NDArray[np.int8], zero_point: int) -> torch.dtype:
    """float32 where no sum of `codes` x (input - `zero_point`) can leave its whole numbers, else float64.

    `codes` has output channels first. Partial sums are bounded by the sum of magnitudes, so their order is
    free.
    """
    largest_input = max(127 - zero_point, zero_point + 128)
    magnitudes = np.abs(codes.astype(np.int64)).reshape(len(codes), -1).sum(axis=1)
    return torch.float32 if int(magnitudes.max()) * largest_input < EXACT_IN_FLOAT32 else torch.float64
