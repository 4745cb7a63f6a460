"""Interrupted training, saved whole: weights, momentum, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nas.files import write_beside


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """`momentum` follows the order of the optimizer's parameters."""

    weights: dict[str, Tensor]
    momentum: list[Tensor]
    step: int
    seconds: float
    curve: list[tuple[float, ...]]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Writes it beside `path` and renames it into place."""
    content = {
        "weights": checkpoint.weights,
        "momentum": checkpoint.momentum,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "curve": checkpoint.curve,
    }
    write_beside(path, lambda beside: torch.save(content, beside))


def load_checkpoint(path: Path) -> Checkpoint:
    """What `save_checkpoint` wrote."""
    return Checkpoint(**torch.load(path, weights_only=True))


def momentum_of(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """The momentum buffers in the order of the parameters."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return [optimizer.state[parameter]["momentum_buffer"] for parameter in parameters]


def restore_momentum(optimizer: torch.optim.Optimizer, momentum: list[Tensor]) -> None:
    """Puts back what `momentum_of` took."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter, buffer in zip(parameters, momentum, strict=True):
        optimizer.state[parameter]["momentum_buffer"] = buffer
