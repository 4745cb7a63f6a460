"""What workers are given to do in tests; worker processes import it from here."""

from __future__ import annotations

import os
import signal
import time

import torch

from nas.parallel.workers import Workers


def scaled(context: float, item: int) -> tuple[float, torch.Tensor]:
    """A product, and a tensor of it; the first items take longest, so that results are ready out of order."""
    time.sleep(0.02 * max(0, 3 - item))
    return context * item, torch.full((2, 3), context * item)


def process_and_threads(_: object, __: int) -> tuple[int, int]:
    """Which process did it, and on how many threads."""
    time.sleep(0.05)
    return os.getpid(), torch.get_num_threads()


def refused(_: object, item: int) -> int:
    """Fails on the third item."""
    if item == 2:
        raise ValueError(f"item {item} cannot be done: give another")
    return item


def killed(_: object, item: int) -> int:
    """Ends its own process, as the system does where memory runs out."""
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def pairs(workers: Workers) -> list[tuple[int, float]]:
    """Places and results in the order of the items, however they came."""
    return sorted((place, value) for place, (value, _) in workers.as_done(scaled, range(7)))


def rounds(workers: Workers) -> list[list[tuple[float, list[float]]]]:
    """Two maps one after the other, as plain numbers."""
    return [
        [(value, tensor.flatten().tolist()) for value, tensor in workers.map(scaled, range(count))]
        for count in (7, 3)
    ]
