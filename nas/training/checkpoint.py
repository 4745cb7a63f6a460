"""Interrupted training, saved whole: weights, momentum, and how far it got."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from nas.files import write_bytes
from nas.training.curve import CurvePoint


class BadCheckpoint(ValueError):
    """A checkpoint was cut short or is none."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """`momentum` follows the order of the optimizer's parameters; `losses` are those since the last point."""

    weights: dict[str, Tensor]
    momentum: list[Tensor]
    step: int
    seconds: float
    curve: list[CurvePoint]
    losses: list[float]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Writes it beside `path` and renames it into place.

    Raises:
        OSError: the disk refused it; what stood at `path` before is still there.
    """
    # Into memory first: a disk that fills up is an OSError then, and not what torch makes of it.
    buffer = io.BytesIO()
    torch.save({**vars(checkpoint), "curve": [asdict(point) for point in checkpoint.curve]}, buffer)
    write_bytes(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """What `save_checkpoint` wrote.

    Raises:
        BadCheckpoint: the file is damaged.
        OSError: it cannot be read.
    """
    try:
        content = torch.load(io.BytesIO(path.read_bytes()), weights_only=True)
        curve = [CurvePoint(**point) for point in content.pop("curve")]
        return Checkpoint(**content, curve=curve)
    except (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise BadCheckpoint(
            f"checkpoint {path} is damaged: delete it, and `nas resume` begins that training anew"
        ) from error


def momentum_of(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """The momentum buffers in the order of the parameters."""
    return [optimizer.state[parameter]["momentum_buffer"] for parameter in _parameters(optimizer)]


def restore_momentum(optimizer: torch.optim.Optimizer, momentum: list[Tensor]) -> None:
    """Puts back what `momentum_of` took."""
    for parameter, buffer in zip(_parameters(optimizer), momentum, strict=True):
        optimizer.state[parameter]["momentum_buffer"] = buffer


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
