"""TensorFlow Lite's fixed-point arithmetic, to the bit, on torch int64 tensors.

Source: TensorFlow, lite/kernels/internal/quantization_util.cc (`QuantizeMultiplier`) and common.cc
(`MultiplyByQuantizedMultiplier`, the form that rounds twice, which the tflite-micro wheel is built with).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Real multipliers, one a channel or one for all: mantissa x 2^(shift - 31), mantissa in [2^30, 2^31).

    Both are int64.
    """

    mantissa: Tensor
    shift: Tensor


def multiplier_of(reals: Iterable[float]) -> Multiplier:
    """The nearest fixed-point multipliers of positive reals."""
    pairs = [_quantized(real) for real in reals]
    mantissa, shift = zip(*pairs, strict=True)
    return Multiplier(torch.tensor(mantissa, dtype=torch.int64), torch.tensor(shift, dtype=torch.int64))


def _quantized(real: float) -> tuple[int, int]:
    fraction, shift = math.frexp(real)
    mantissa = math.floor(fraction * 2**31 + 0.5)
    if mantissa == 2**31:
        mantissa, shift = mantissa // 2, shift + 1
    return (0, 0) if shift < -31 else (mantissa, shift)


def scale_(values: Tensor, multiplier: Multiplier, shape: tuple[int, ...]) -> Tensor:
    """`values` times `multiplier`, rounded as TensorFlow Lite does; overwrites `values`.

    They are int64 within the range of int32. `shape` lays the multiplier's channels along the values' axes.
    """
    left = multiplier.shift.clamp(min=0).reshape(shape)
    right = (-multiplier.shift).clamp(min=0).reshape(shape)
    if bool(left.any()):
        values.bitwise_left_shift_(left)
    values.mul_(multiplier.mantissa.reshape(shape)).add_(1 << 30).bitwise_right_shift_(31)
    return rounded_shift_(values, right)


def rounded_shift_(values: Tensor, right: Tensor) -> Tensor:
    """`values` / 2^right, halves away from zero; overwrites `values`."""
    half = torch.where(right > 0, (1 << right) >> 1, 0)
    # A negative half must round down: one less before the shift that rounds down.
    sign = values >> 63
    sign.masked_fill_((right == 0).expand_as(sign), 0)
    return values.add_(half).add_(sign).bitwise_right_shift_(right)
