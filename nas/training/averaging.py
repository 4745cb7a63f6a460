"""An exponential average of weights over the steps of a training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class WeightAverage:
    """Of tensors that are trained in place.

    Early steps weigh less than `decay` would have it, so that the first weights, which know nothing, are
    forgotten: after n steps the decay is at most (1 + n) / (10 + n), as in TensorFlow's
    `tf.train.ExponentialMovingAverage` with `num_updates`.
    """

    def __init__(self, tensors: Sequence[Tensor], decay: float) -> None:
        self._tensors = list(tensors)
        self._decay = decay
        self._averages = [tensor.detach().clone() for tensor in tensors]
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """After a step."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for tensor, average in zip(self._tensors, self._averages, strict=True):
            average.lerp_(tensor, 1.0 - decay)

    @torch.no_grad()
    def apply(self) -> None:
        """The tensors become their averages."""
        for tensor, average in zip(self._tensors, self._averages, strict=True):
            tensor.copy_(average)
