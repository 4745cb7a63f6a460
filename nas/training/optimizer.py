"""SGD with Nesterov momentum, weight decay on weights alone: of the supernet, of tuning, and beside Muon."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
"""Measured on Fashion-MNIST: learning rate 0.25 with this decay, none on batch norm."""


def sgd(
    decayed: Sequence[Tensor], undecayed: Sequence[Tensor], weight_decay: float = WEIGHT_DECAY
) -> torch.optim.SGD:
    """The optimizer; its learning rate is set step by step by `set_learning_rate`."""
    groups = [{"params": list(decayed), "weight_decay": weight_decay}, {"params": list(undecayed)}]
    optimizer = torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, nesterov=True, fused=True)
    # The fused step needs all momentum buffers or none, but a path through the supernet moves only some
    # tensors.
    for tensor in (*decayed, *undecayed):
        optimizer.state[tensor]["momentum_buffer"] = torch.zeros_like(tensor)
    return optimizer


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Applies to every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate
