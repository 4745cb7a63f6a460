"""Gradients of several sub-networks of one bank, worked out here or by one-thread processes side by side.

The processes share the bank's memory; each writes its gradients into memory shared with this one, which alone
moves the weights. Measured on two cores: 6,490 images/s of random networks in two one-thread processes, 4,570 in one
of two threads, and only 470 in the latter while something else wants a core too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

import torch
import torch.multiprocessing
from torch import Tensor
from torch.nn import functional

from constraints.macs import count_macs
from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.batches import TrainingStream
from search_spaces.graph import Graph

LABEL_SMOOTHING = 0.05
STOP_SECONDS = 5.0


@dataclass(frozen=True, eq=False)
class SupernetPath:
    """One sub-network to run forward and backward: over batch number `batch`, towards its labels or `teacher`.

    `teacher` holds probabilities, (batch, classes).
    """

    graph: Graph
    batch: int
    teacher: Tensor | None = None


@dataclass(frozen=True, eq=False)
class PathResult:
    """The loss of a path, and the probabilities that it gave."""

    loss: float
    probabilities: Tensor


class PathGradients(Protocol):
    """Runs paths and adds their gradients to those of the bank's tensors."""

    def add(self, paths: Sequence[SupernetPath]) -> list[PathResult]:
        """Results in the order of the paths."""
        ...


def open_gradients(
    bank: WeightBank, stream: TrainingStream, processes: int
) -> AbstractContextManager[PathGradients]:
    """Gradients by this process alone, or with the help of `processes` - 1 others."""
    return SharedGradients(bank, stream, processes) if processes > 1 else InlineGradients(bank, stream)


class InlineGradients:
    """All paths in this process, one after the other."""

    def __init__(self, bank: WeightBank, stream: TrainingStream) -> None:
        self._compute = BatchNormed(bank)
        self._stream = stream

    def __enter__(self) -> InlineGradients:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def add(self, paths: Sequence[SupernetPath]) -> list[PathResult]:
        """See `PathGradients.add`."""
        return [self._add(path) for path in paths]

    def _add(self, path: SupernetPath) -> PathResult:
        images, labels = self._stream.batch(path.batch, path.graph.input.shape[:2])
        logits = run_graph(path.graph, images, self._compute)
        if path.teacher is None:
            loss = functional.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
        else:
            loss = functional.cross_entropy(logits, path.teacher)
        loss.backward()
        return PathResult(loss.item(), logits.detach().softmax(1))


class SharedGradients:
    """Paths are dealt out by their size; sums are made in one fixed order."""

    def __init__(self, bank: WeightBank, stream: TrainingStream, processes: int) -> None:
        self._tensors = bank.tensors()
        for tensor in self._tensors:
            tensor.detach().share_memory_()
        self._inline = InlineGradients(bank, stream)
        self._threads = torch.get_num_threads()
        # Spawned, not forked: torch's threads do not survive a fork.
        spawn = torch.multiprocessing.get_context("spawn")
        torch.multiprocessing.set_sharing_strategy("file_system")
        self._helpers: list[_Helper] = []
        for _ in range(processes - 1):
            ours, theirs = spawn.Pipe()
            sums = [torch.zeros_like(tensor).share_memory_() for tensor in self._tensors]
            process = spawn.Process(target=_serve, args=(theirs, bank, stream, sums), daemon=True)
            process.start()
            theirs.close()
            self._helpers.append(_Helper(process, ours, sums))

    def __enter__(self) -> SharedGradients:
        torch.set_num_threads(1)
        return self

    def __exit__(self, *_: object) -> None:
        torch.set_num_threads(self._threads)
        for helper in self._helpers:
            helper.connection.close()
            helper.process.join(STOP_SECONDS)
            helper.process.terminate()

    def add(self, paths: Sequence[SupernetPath]) -> list[PathResult]:
        """See `PathGradients.add`."""
        ours, *shares = shared_out([count_macs(path.graph) for path in paths], len(self._helpers) + 1)
        for helper, share in zip(self._helpers, shares, strict=True):
            helper.connection.send([paths[index] for index in share])
        results = dict(zip(ours, self._inline.add([paths[index] for index in ours]), strict=True))
        for helper, share in zip(self._helpers, shares, strict=True):
            theirs, touched = helper.connection.recv()
            results.update(zip(share, theirs, strict=True))
            self._take_over(helper.sums, touched)
        return [results[index] for index in range(len(paths))]

    def _take_over(self, sums: Sequence[Tensor], touched: Sequence[int]) -> None:
        for index in touched:
            tensor = self._tensors[index]
            tensor.grad = sums[index].clone() if tensor.grad is None else tensor.grad.add_(sums[index])


@dataclass(frozen=True, eq=False)
class _Helper:
    process: torch.multiprocessing.Process
    connection: Connection
    sums: list[Tensor]


def shared_out(costs: Sequence[float], shares: int) -> list[list[int]]:
    """Which items each share gets: the costliest first, each to the share with the least so far (Graham 1969)."""
    loads, given = [0.0] * shares, [list[int]() for _ in range(shares)]
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        lightest = loads.index(min(loads))
        loads[lightest] += costs[index]
        given[lightest].append(index)
    return given


def _serve(connection: Connection, bank: WeightBank, stream: TrainingStream, sums: list[Tensor]) -> None:
    """A helper's life: paths in; gradients into `sums`, results and the touched tensors' places out."""
    torch.set_num_threads(1)
    gradients, tensors = InlineGradients(bank, stream), bank.tensors()
    while True:
        try:
            paths = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        for tensor in tensors:
            tensor.grad = None
        results = gradients.add(paths)
        touched = [index for index, tensor in enumerate(tensors) if tensor.grad is not None]
        for index in touched:
            sums[index].copy_(tensors[index].grad)
        connection.send((results, touched))
