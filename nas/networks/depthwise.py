"""Depthwise convolution: torch's own, but for the gradient of large kernels.

For 5 x 5 kernels over (128, 96, 14, 14) the weights' gradient takes oneDNN 19 ms, six times as long as all else
of the convolution; here it is a loop along the channels, compiled, and takes 4 ms.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from search_spaces.graph import Pair

Floats = NDArray[np.floating]
SMALL_KERNEL = 9
"""Up to so many taps oneDNN is as fast."""


def depthwise_conv(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair) -> Tensor:
    """x (batch, channels, height, width) with weight (channels, 1, kernel height, kernel width).

    `padding` are the zeros on both sides of the height and the width. The result is of x's type or, where x is
    of bfloat16, of the weight's: oneDNN has no fast gradients in bfloat16 for large kernels and large strides.
    """
    small = weight[0].numel() <= SMALL_KERNEL
    if small and tuple(stride) == (1, 1):
        weight = weight.to(x.dtype)
    x = x.to(weight.dtype)
    if small:
        return functional.conv2d(x, weight, bias, stride, padding, groups=x.shape[1])
    return _DepthwiseConv.apply(x, weight, bias, stride, padding)  # type: ignore[no-any-return] - torch does not say


class _DepthwiseConv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair
    ) -> Tensor:  # noqa: ANN401 - torch's
        ctx.save_for_backward(x, weight)
        ctx.geometry = stride, padding
        return functional.conv2d(x, weight, bias, stride, padding, groups=x.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_y: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch's
        x, weight = ctx.saved_tensors
        stride, padding = ctx.geometry
        of_x = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            of_x, _, _ = torch.ops.aten.convolution_backward(
                of_y,
                x,
                weight,
                None,
                stride,
                padding,
                (1, 1),
                False,
                (0, 0),
                x.shape[1],
                (True, False, False),
            )
        if ctx.needs_input_grad[1]:
            taps = np.zeros((*weight.shape[2:], x.shape[1]), _pixels(x).dtype)
            _gather(_pixels(x), _pixels(of_y), *stride, *padding, taps)
            of_weight = torch.from_numpy(taps).permute(2, 0, 1)[:, None].contiguous()
        if ctx.needs_input_grad[2]:
            of_bias = of_y.sum((0, 2, 3))
        return of_x, of_weight, of_bias, None, None


def _pixels(x: Tensor) -> Floats:
    """(batch, height, width, channels), of the same memory where it is channels-last."""
    return x.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).numpy()


@numba.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _gather(x: Floats, of_y: Floats, down: int, right: int, top: int, left: int, taps: Floats) -> None:
    """Adds up, for every tap of the kernel, what it multiplied times the gradient of what it went to."""
    for n in range(of_y.shape[0]):
        for i in range(of_y.shape[1]):
            for a in range(taps.shape[0]):
                row = i * down + a - top
                if not 0 <= row < x.shape[1]:
                    continue
                for j in range(of_y.shape[2]):
                    for b in range(taps.shape[1]):
                        column = j * right + b - left
                        if 0 <= column < x.shape[2]:
                            for c in range(x.shape[3]):
                                taps[a, b, c] += x[n, row, column, c] * of_y[n, i, j, c]
