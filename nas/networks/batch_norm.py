"""Batch norm and the ReLU after it in one go, forward and backward, on one thread.

Training small networks is bound by memory: of a step of a network of depthwise convolutions torch spent more
than half in batch norm and ReLU, which it runs one after the other, each in several passes. Here a map is
read twice and written once in each direction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nas.networks import batch_norm_loops as loops
from nas.networks.map_values import rows_of

ROW_WIDTH = 128
"""Values that a row should have at least."""


def batch_norm(y: Tensor, scale: Tensor, shift: Tensor, kind: torch.dtype, *, relu: bool) -> Tensor:
    """A map, normalized over the batch itself, scaled, shifted and, where `relu`, held above 0.

    Ioffe & Szegedy 2015, algorithm 1. `y` is (batch, channels, height, width), the others (channels,). Scale
    and shift are of float32 or float64; `y` and the result, which is of `kind` and channels-last in memory,
    are of the same type or of bfloat16.
    """
    return _BatchNorm.apply(y, scale, shift, kind, relu)  # type: ignore[no-any-return] - torch does not say


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(  # as torch calls it
        ctx: Any,  # noqa: ANN401
        y: Tensor,
        scale: Tensor,
        shift: Tensor,
        kind: torch.dtype,
        relu: bool,  # noqa: FBT001
    ) -> Tensor:
        y = y.contiguous(memory_format=torch.channels_last)
        rows = rows_of(y, _row_width(y))
        scales = scale.numpy()
        mean, deviation = loops.moments(rows, scales)
        factor, offset = loops.line(scales, shift.numpy(), mean, deviation, rows.shape[1])
        floor = factor.dtype.type(0.0 if relu else -np.inf)
        z = torch.empty_like(y, dtype=kind)
        loops.normalize(rows, factor, offset, floor, rows_of(z, rows.shape[1]))
        ctx.save_for_backward(y)
        ctx.found = scale.dtype, mean, deviation, factor, offset, floor
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override] # noqa: ANN401 - torch's
        (y,) = ctx.saved_tensors
        kind, mean, deviation, factor, offset, floor = ctx.found
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        width = len(factor)
        rows, of_z, of_y = rows_of(y, width), rows_of(gradient, width), torch.empty_like(y)
        of_scale, of_shift = loops.reduce(rows, of_z, factor, offset, floor, mean, deviation)
        slope, rest = loops.slope(of_scale, of_shift, factor, mean, deviation, rows.size)
        loops.propagate(rows, of_z, factor, offset, floor, slope, rest, rows_of(of_y, width))
        return of_y, torch.from_numpy(of_scale).to(kind), torch.from_numpy(of_shift).to(kind), None, None


def _row_width(y: Tensor) -> int:
    """Channels times as many pixels as divide their number and fill a row."""
    channels, pixels = y.shape[1], y.numel() // y.shape[1]
    together = 1
    while channels * together < ROW_WIDTH and pixels % (2 * together) == 0:
        together *= 2
    return channels * together
