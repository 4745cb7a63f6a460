"""Muon for matrices of weights, SGD for all else.

Muon makes a step equally long in all directions of a matrix, by the Newton-Schulz iteration (Jordan et al.
2024, "Muon: an optimizer for hidden layers in neural networks"); its length is made that of an Adam step
(Liu et al. 2025, "Muon is scalable for LLM training", section 2.2). A convolution's weights are a matrix of
(outputs, inputs x kernel). Depthwise convolutions, whose channels have nothing to do with each other, the
classifier, scales and shifts are left to SGD.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nas.training.optimizer import set_learning_rate, sgd
from nas.training.recipe import Recipe


class MuonAndSgd:
    """An optimizer of tensors that are trained in place, both of its rates set as one."""

    def __init__(self, decayed: Sequence[Tensor], undecayed: Sequence[Tensor], recipe: Recipe) -> None:
        self._recipe = recipe
        by_muon = [tensor for tensor in decayed if recipe.muon_rate > 0 and _is_matrix(tensor)]
        chosen = {id(tensor) for tensor in by_muon}
        rest = [tensor for tensor in decayed if id(tensor) not in chosen]
        self._sgd = sgd(rest, undecayed, recipe.weight_decay)
        self._matrices = [(tensor, tensor.detach().flatten(1)) for tensor in by_muon]
        self._muon = _muon([matrix for _, matrix in self._matrices], recipe)

    def set_part(self, part: float) -> None:
        """The learning rates, as parts of their peaks."""
        set_learning_rate(self._sgd, part * self._recipe.peak_rate)
        if self._muon is not None:
            set_learning_rate(self._muon, part * self._recipe.muon_rate)

    def zero_grad(self) -> None:
        """Forgets all gradients."""
        self._sgd.zero_grad()
        for tensor, _ in self._matrices:
            tensor.grad = None

    def step(self) -> None:
        """Moves every tensor that has a gradient."""
        self._sgd.step()
        if self._muon is None:
            return
        for tensor, matrix in self._matrices:
            matrix.grad = None if tensor.grad is None else tensor.grad.flatten(1)
        self._muon.step()


def _is_matrix(weight: Tensor) -> bool:
    """A dense convolution over more than one channel."""
    return weight.ndim == 4 and weight.shape[1] > 1


def _muon(matrices: list[Tensor], recipe: Recipe) -> torch.optim.Muon | None:
    if not matrices:
        return None
    return torch.optim.Muon(
        matrices,
        lr=0.0,
        weight_decay=recipe.muon_decay,
        momentum=recipe.muon_momentum,
        adjust_lr_fn="match_rms_adamw",
    )
