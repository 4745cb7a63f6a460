"""Who does the work: this process, a pool of processes, or a Ray cluster; the work does not know which.

A worker holds one context (images, weights) for its life and is handed one small item a call.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
import torch.multiprocessing

from nas.parallel.child_processes import end_with_parent, interrupts_held
from nas.parallel.one_thread import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

RAY = re.compile(r"ray(:(ray://)?[^/\s]+:\d+|://[^/\s]+:\d+)?")


class BadWorkers(ValueError):
    """The workers that a study asks for cannot be had."""


class Workers(Protocol):
    """Maps a function over items, each call given the shared context; results come in the items' order."""

    count: int

    def map(self, function: Callable[[Any, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results one by one, as soon as they and all before them are done.

        `function` and the items must be picklable. What it raises is raised here, in its result's place.

        Raises:
            ChildProcessError: a worker has died.
        """
        ...

    def as_done(
        self, function: Callable[[Any, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """As `map`, but each result, with its item's place, as soon as it is done."""
        ...


def open_workers(spec: str, context: object) -> AbstractContextManager[Workers]:
    """Workers as a study names them; see `check_workers`.

    Raises:
        BadWorkers: `spec` names none, or a Ray cluster that cannot be reached.
    """
    check_workers(spec)
    if RAY.fullmatch(spec):
        from nas.parallel.ray_workers import ray_workers  # Ray takes half a second to import.

        return ray_workers(context, ray_address(spec))
    count = parallel_count(spec)
    return ProcessWorkers(context, count) if count > 1 else InlineWorkers(context)


def check_workers(spec: str) -> None:
    """Nothing, if `spec` names workers.

    It may be "auto" (a process a core), "inline", a number of processes, "ray" (a local cluster for the run),
    "ray:HOST:PORT" (a running cluster that this machine is part of), or "ray://HOST:PORT" (one that it is
    not; needs `pip install 'ray[client]'`).

    Raises:
        BadWorkers: it does not.
    """
    is_number = spec.isdecimal() and int(spec) > 0
    if not is_number and spec not in {"auto", "inline"} and not RAY.fullmatch(spec):
        raise BadWorkers(
            'workers must be "auto", "inline", a number of processes, "ray", "ray:HOST:PORT" or '
            f'"ray://HOST:PORT", got {spec!r}'
        )


def ray_address(spec: str) -> str | None:
    """What Ray is to be told of a cluster: "HOST:PORT", "ray://HOST:PORT", or None for one of our own."""
    if spec.startswith("ray://"):
        return spec
    return spec.removeprefix("ray").removeprefix(":") or None


def parallel_count(spec: str) -> int:
    """How many items are worked on at once on this machine."""
    if spec == "inline":
        return 1
    if spec.isdecimal():
        return int(spec)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def awake(_: object, __: int) -> None:
    """Nothing, for a worker to do so that it has begun."""


class InlineWorkers:
    """Everything in this process, on one thread, as in all other workers."""

    count = 1

    def __init__(self, context: object) -> None:
        self._context = context

    def __enter__(self) -> InlineWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, function: Callable[[Any, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """One after the other."""
        for item in items:
            with one_thread():
                result = function(self._context, item)
            yield result

    def as_done(
        self, function: Callable[[Any, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """One after the other."""
        return enumerate(self.map(function, items))


class ProcessWorkers:
    """Processes of one thread each, one a core."""

    def __init__(self, context: object, count: int) -> None:
        self.count = count
        # Spawned, not forked: torch's threads do not survive a fork.
        spawn = torch.multiprocessing.get_context("spawn")
        # By name: a file descriptor for every tensor of a large bank would be more than a process may have.
        torch.multiprocessing.set_sharing_strategy("file_system")
        self._pool = ProcessPoolExecutor(count, spawn, initializer=_begin, initargs=(context,))

    def __enter__(self) -> ProcessWorkers:
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is not None:
            # There is no public way to stop them.
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[[Any, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """As many at once as there are processes."""
        return (result for _, result in _results(self._submitted(function, items), lambda futures: futures))

    def as_done(
        self, function: Callable[[Any, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """As many at once as there are processes."""
        return _results(self._submitted(function, items), as_completed)

    def _submitted(
        self, function: Callable[[Any, Item], Result], items: Iterable[Item]
    ) -> dict[Future[bytes], int]:
        with interrupts_held():  # processes start as the first items are handed in
            return {self._pool.submit(_work, function, item): place for place, item in enumerate(items)}


def _results(
    futures: dict[Future[bytes], int], order: Callable[[Iterable[Future[bytes]]], Iterable[Future[bytes]]]
) -> Iterator[tuple[int, Any]]:
    """The items' places, and their results."""
    try:
        for future in order(futures):
            yield futures[future], pickle.loads(future.result())
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a worker process has died: its error stands above, or memory ran out: try fewer workers"
        ) from error


@dataclass
class _Held:
    """What a worker process was given when it began."""

    context: object = None


_HELD = _Held()


def _begin(context: object) -> None:
    # Ctrl-C reaches every process of a terminal: the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    _HELD.context = context


def _work(function: Callable[[Any, Item], Result], item: Item) -> bytes:
    # Pickled plainly, tensors go back by value: the pool itself would make shared memory of each of them.
    return pickle.dumps(function(_HELD.context, item))
