"""Gradients of several sub-networks of one bank, worked out here or by one-thread processes side by side.

The processes share the bank's memory; each writes its gradients into memory shared with this one, which alone
moves the weights. On two cores of a 2.6 GHz x86-64 server two processes ran 7,120 images/s (6,780 to 7,670 in
three rounds) and one process of two threads 7,400 (7,220 to 7,850): `python -m studies.bench_training`.
"""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

import torch
import torch.multiprocessing
from torch import Tensor
from torch.nn import functional

from constraints.macs import count_macs
from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.parallel.child_processes import end_with_parent, interrupts_held
from nas.training.batches import TrainingStream
from search_spaces.graph import Graph

LABEL_SMOOTHING = 0.05
STOP_SECONDS = 5.0


@dataclass(frozen=True, eq=False)
class SupernetPath:
    """A sub-network to run forward and backward over batch number `batch`, towards its labels or `teacher`.

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
        """Results in the order of the paths.

        Raises:
            ChildProcessError: a helping process has died.
        """
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
        logits = run_graph(path.graph, images.to(self._stream.precision), self._compute)
        if path.teacher is None:
            loss = functional.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING)
        else:
            loss = functional.cross_entropy(logits, path.teacher)
        loss.backward()
        return PathResult(loss.item(), logits.detach().softmax(1))


class SharedGradients:
    """Paths are dealt out by their size; sums are made in one fixed order for one number of processes."""

    def __init__(self, bank: WeightBank, stream: TrainingStream, processes: int) -> None:
        # By name: a file descriptor for every tensor of a large bank would be more than a process may have.
        torch.multiprocessing.set_sharing_strategy("file_system")
        self._tensors = bank.tensors()
        for tensor in self._tensors:
            tensor.detach().share_memory_()
        self._inline = InlineGradients(bank, stream)
        self._threads = torch.get_num_threads()
        # Spawned, not forked: torch's threads do not survive a fork.
        spawn = torch.multiprocessing.get_context("spawn")
        self._helpers: list[_Helper] = []
        for _ in range(processes - 1):
            ours, theirs = spawn.Pipe()
            sums = [torch.zeros_like(tensor).share_memory_() for tensor in self._tensors]
            process = spawn.Process(target=_serve, args=(theirs, bank, stream, sums), daemon=True)
            with interrupts_held():
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
        for helper in self._helpers:
            helper.process.join(STOP_SECONDS)
            helper.process.terminate()
            helper.process.join()

    def add(self, paths: Sequence[SupernetPath]) -> list[PathResult]:
        """See `PathGradients.add`."""
        ours, *shares = shared_out([count_macs(path.graph) for path in paths], len(self._helpers) + 1)
        for helper, share in zip(self._helpers, shares, strict=True):
            helper.send([paths[index] for index in share])
        results = dict(zip(ours, self._inline.add([paths[index] for index in ours]), strict=True))
        for helper, share in zip(self._helpers, shares, strict=True):
            theirs, touched = helper.receive()
            results.update(zip(share, theirs, strict=True))
            self._take_over(helper.sums, touched)
        return [results[index] for index in range(len(paths))]

    def _take_over(self, sums: Sequence[Tensor], touched: Sequence[int]) -> None:
        for index in touched:
            tensor = self._tensors[index]
            tensor.grad = sums[index].clone() if tensor.grad is None else tensor.grad.add_(sums[index])


@dataclass(frozen=True, eq=False)
class _Helper:
    process: BaseProcess
    connection: Connection
    sums: list[Tensor]

    def send(self, paths: Sequence[SupernetPath]) -> None:
        with _named_death():
            _send(self.connection, paths)

    def receive(self) -> tuple[list[PathResult], list[int]]:
        with _named_death():
            return _receive(self.connection)


@contextmanager
def _named_death() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise ChildProcessError(
            "a process that trains the supernet has died: its error stands above, or memory ran out"
        ) from error


def _send(connection: Connection, message: object) -> None:
    # Pickled plainly, tensors go by value: the connection itself would make shared memory of each.
    connection.send_bytes(pickle.dumps(message))


def _receive(connection: Connection) -> Any:  # noqa: ANN401 - whatever the other side has sent
    return pickle.loads(connection.recv_bytes())


def shared_out(costs: Sequence[float], shares: int) -> list[list[int]]:
    """Which items each share gets: the costliest first, each where there is least so far (Graham 1969)."""
    loads, given = [0.0] * shares, [list[int]() for _ in range(shares)]
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        lightest = loads.index(min(loads))
        loads[lightest] += costs[index]
        given[lightest].append(index)
    return given


def _serve(connection: Connection, bank: WeightBank, stream: TrainingStream, sums: list[Tensor]) -> None:
    """A helper's life: paths in; gradients into `sums`, results and the touched tensors' places out."""
    # Ctrl-C reaches every process of a terminal: the first one ends the others by closing the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    torch.set_num_threads(1)
    gradients, tensors = InlineGradients(bank, stream), bank.tensors()
    with suppress(EOFError, ConnectionError):
        while True:
            paths = _receive(connection)
            for tensor in tensors:
                tensor.grad = None
            results = gradients.add(paths)
            touched = [
                (index, tensor.grad) for index, tensor in enumerate(tensors) if tensor.grad is not None
            ]
            for index, gradient in touched:
                sums[index].copy_(gradient)
            _send(connection, (results, [index for index, _ in touched]))
