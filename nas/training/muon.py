"""Muon for matrices of weights, SGD for all else.

Muon makes a step equally long in all directions of a matrix, by the Newton-Schulz iteration (Jordan et al.
2024, "Muon: an optimizer for hidden layers in neural networks"); its length is made that of an Adam step
(Liu et al. 2025, "Muon is scalable for LLM training", section 2.2). A convolution's weights are a matrix of
(outputs, inputs x kernel). Depthwise convolutions and those over one channel, whose outputs have nothing to
do with each other, the classifier, scales and shifts are left to SGD.

`torch.optim.Muon` iterates in bfloat16: on matrices as small as these that took four times as long as in
float32, and ten times on a processor without instructions for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from nas.training.optimizer import set_learning_rate, sgd
from nas.training.recipe import Recipe

STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the iteration, tuned by Jordan et al. to bring singular values near 1 in few steps."""
ADAM_STEP = 0.2
"""Root mean square of a step of Adam, in learning rates (Liu et al. 2025, section 2.2)."""
LEAST_NORM = 1e-7


class MuonAndSgd:
    """An optimizer of tensors that are trained in place, both of its rates set as one."""

    def __init__(self, decayed: Sequence[Tensor], undecayed: Sequence[Tensor], recipe: Recipe) -> None:
        self._recipe = recipe
        self._matrices = [tensor for tensor in decayed if recipe.muon_rate > 0 and _is_matrix(tensor)]
        self._moments = [torch.zeros_like(tensor) for tensor in self._matrices]
        chosen = {id(tensor) for tensor in self._matrices}
        rest = [tensor for tensor in decayed if id(tensor) not in chosen]
        self._sgd = sgd(rest, undecayed, recipe.weight_decay)
        self._rate = 0.0

    def set_part(self, part: float) -> None:
        """The learning rates, as parts of their peaks."""
        set_learning_rate(self._sgd, part * self._recipe.peak_rate)
        self._rate = part * self._recipe.muon_rate

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        self._sgd.zero_grad()
        for tensor in self._matrices:
            tensor.grad = None

    def step(self) -> None:
        """Moves every tensor that has a gradient."""
        self._sgd.step()
        for tensor, moment in zip(self._matrices, self._moments, strict=True):
            if tensor.grad is not None:
                self._move(tensor, tensor.grad, moment)

    @torch.no_grad()
    def _move(self, weight: Tensor, gradient: Tensor, moment: Tensor) -> None:
        """Nesterov's momentum, made even in all directions."""
        momentum = self._recipe.muon_momentum
        moment.lerp_(gradient, 1.0 - momentum)
        direction = orthogonalized(gradient.lerp(moment, momentum).flatten(1))
        length = ADAM_STEP * math.sqrt(max(direction.shape))
        weight.mul_(1.0 - self._rate * self._recipe.muon_decay)
        weight.sub_(direction.view(weight.shape), alpha=self._rate * length)


def orthogonalized(matrix: Tensor) -> Tensor:
    """The matrix with its singular values all brought near 1: between about 0.7 and 1.2."""
    first, second, third = COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / wide.norm().clamp_min(LEAST_NORM)
    for _ in range(STEPS):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=second, alpha=third), x, beta=first)
    return x if wide is matrix else x.T


def _is_matrix(weight: Tensor) -> bool:
    """A dense convolution over more than one channel."""
    return weight.ndim == 4 and weight.shape[1] > 1
