"""Who does the work: this process, a pool of processes, or a Ray cluster; the work does not know which.

A worker holds one context (images, weights) for its life and is handed one small item a call.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
import torch.multiprocessing

Item = TypeVar("Item")
Result = TypeVar("Result")
Context = TypeVar("Context")


class Workers(Protocol):
    """Maps a function over items, each call given the shared context; results come in the items' order."""

    count: int

    def map(
        self, function: Callable[[Context, Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """Results one by one, as soon as they and all before them are done."""
        ...


class BadWorkers(ValueError):
    """The workers that a study asks for cannot be had."""


def open_workers(spec: str, context: object) -> AbstractContextManager[Workers]:
    """Workers as a study names them: "auto" (a process a core), "inline", a number, or "ray[:ADDRESS]".

    Raises:
        BadWorkers: `spec` is none of these.
    """
    check_workers(spec)
    if spec == "ray" or spec.startswith("ray:"):
        from nas.ray_workers import RayWorkers  # noqa: PLC0415 - ray takes half a second to import

        return RayWorkers(context, spec.removeprefix("ray").removeprefix(":") or None)
    count = parallel_count(spec)
    return ProcessWorkers(context, count) if count > 1 else InlineWorkers(context)


def check_workers(spec: str) -> None:
    """Nothing, if `spec` names workers.

    Raises:
        BadWorkers: it does not.
    """
    is_number = spec.isdecimal() and int(spec) > 0
    if not is_number and spec not in {"auto", "inline", "ray"} and not spec.startswith("ray:"):
        raise BadWorkers(
            f'workers must be "auto", "inline", a number of processes or "ray[:ADDRESS]", got {spec!r}'
        )


def parallel_count(spec: str) -> int:
    """How many items are worked on at once on this machine."""
    if spec == "inline":
        return 1
    if spec.isdecimal():
        return int(spec)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class InlineWorkers:
    """Everything in this process."""

    count = 1

    def __init__(self, context: object) -> None:
        self._context = context

    def __enter__(self) -> InlineWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(
        self, function: Callable[[Context, Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """One after the other."""
        for item in items:
            yield function(self._context, item)  # type: ignore[arg-type] - the context is of the caller's type


class ProcessWorkers:
    """Processes of one thread each, one a core: measured 1.5 times as fast as one process on two threads."""

    def __init__(self, context: object, count: int) -> None:
        self.count = count
        # Spawned, not forked: torch's threads do not survive a fork.
        spawn = torch.multiprocessing.get_context("spawn")
        torch.multiprocessing.set_sharing_strategy("file_system")
        self._pool = ProcessPoolExecutor(count, spawn, initializer=_begin, initargs=(context,))

    def __enter__(self) -> ProcessWorkers:
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is not None:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - no public way to stop
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def map(
        self, function: Callable[[Context, Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """As many at once as there are processes."""
        futures = [self._pool.submit(_call, function, item) for item in items]
        return (future.result() for future in futures)


@dataclass
class _Held:
    """What a worker process was given when it began."""

    context: object = None


_HELD = _Held()


def _begin(context: object) -> None:
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    _HELD.context = context


def _call(function: Callable[[object, Item], Result], item: Item) -> Result:
    return function(_HELD.context, item)
