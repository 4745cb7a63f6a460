"""Depthwise convolution: torch's own, but for the gradient of large kernels.

For 5 x 5 kernels over (128, 96, 14, 14) the weights' gradient takes oneDNN 19 ms, six times as long as all
else of the convolution; here it is a loop along the channels, compiled, and takes 4 ms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from nas.networks.compiled import compiled
from search_spaces.graph import Pair

Floats = NDArray[np.floating]
SMALL_KERNEL = 9
"""Up to so many taps oneDNN is as fast."""


def depthwise_conv(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair) -> Tensor:
    """`x` (batch, channels, height, width) with `weight` (channels, 1, kernel height, kernel width).

    `padding` are the zeros on both sides of the height and the width. The result is of x's type but where
    x is of bfloat16 and the kernel larger than 3 x 3 or the stride than 1: then it is of the weight's, since
    oneDNN has no fast gradients for those.
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
    def forward(  # as torch calls it
        ctx: Any,  # noqa: ANN401
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: Pair,
        padding: Pair,
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.geometry = stride, padding
        return functional.conv2d(x, weight, bias, stride, padding, groups=x.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_y: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override] # noqa: ANN401 - torch's
        x, weight = ctx.saved_tensors
        stride, padding = ctx.geometry
        of_x = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            of_x = _of_input(x, weight, of_y, stride, padding)
        if ctx.needs_input_grad[1]:
            taps = np.zeros((*weight.shape[2:], x.shape[1]), _pixels(x).dtype)
            _gather(_pixels(x), _pixels(of_y), stride, padding, taps)
            of_weight = torch.from_numpy(taps).permute(2, 0, 1)[:, None].contiguous()
        if ctx.needs_input_grad[2]:
            of_bias = of_y.sum((0, 2, 3))
        return of_x, of_weight, of_bias, None, None


def _of_input(x: Tensor, weight: Tensor, of_y: Tensor, stride: Pair, padding: Pair) -> Tensor:
    """`torch.nn.grad.conv2d_input` knows nothing of how x lies in memory, and so gives it the other way."""
    geometry = (stride, padding, (1, 1), False, (0, 0), x.shape[1])
    wanted = (True, False, False)
    return torch.ops.aten.convolution_backward(of_y, x, weight, None, *geometry, wanted)[0]


def _pixels(x: Tensor) -> Floats:
    """(batch, height, width, channels), of the same memory where it is channels-last."""
    return x.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).numpy()


_compiled = compiled(fastmath=("contract",))


@_compiled
def _gather(x: Floats, of_y: Floats, stride: Pair, padding: Pair, taps: Floats) -> None:
    """Adds up, for every tap of the kernel, what it multiplied times the gradient of what it went to."""
    for n in range(x.shape[0]):
        for a in range(taps.shape[0]):
            top, bottom = _inside(a - padding[0], stride[0], of_y.shape[1], x.shape[1])
            for b in range(taps.shape[1]):
                left, right = _inside(b - padding[1], stride[1], of_y.shape[2], x.shape[2])
                for i in range(top, bottom):
                    row = i * stride[0] + a - padding[0]
                    for j in range(left, right):
                        column = j * stride[1] + b - padding[1]
                        for c in range(x.shape[3]):
                            taps[a, b, c] += x[n, row, column, c] * of_y[n, i, j, c]


@_compiled
def _inside(offset: int, stride: int, outputs: int, inputs: int) -> tuple[int, int]:
    """The outputs whose input, at stride times the place plus the offset, is none of the padding's zeros."""
    first = max(0, -(offset // stride))
    return first, min(outputs, (inputs - 1 - offset) // stride + 1)
