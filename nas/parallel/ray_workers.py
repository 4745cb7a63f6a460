"""Workers on a Ray cluster, or on a local one that is started for the run.

On a cluster of several machines this package has to be installed on each of them.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ray
import ray.exceptions
import torch
from ray.util import ActorPool

from nas.parallel.workers import BadWorkers

Item = TypeVar("Item")
Result = TypeVar("Result")

REACH_SECONDS = 5.0
"""For the cluster's head to answer; Ray itself would try for a minute and more."""
FREE_SECONDS = 3.0
"""For all of the cluster's CPUs to be free; then some will do."""
PATIENCE_SECONDS = 30.0
"""For any of them."""
LOOK_SECONDS = 0.2


@contextlib.contextmanager
def ray_workers(context: object, address: str | None) -> Iterator[RayWorkers]:
    """Workers on the cluster at `address`, "HOST:PORT" or "ray://HOST:PORT"; None stands for one of our own.

    A connection that this process has already is used, and left as it was.

    Raises:
        BadWorkers: the cluster cannot be reached.
    """
    was_connected = ray.is_initialized()
    if not was_connected:
        _connect(address)
    try:
        workers = RayWorkers(context, _free_cpus())
        try:
            yield workers
        finally:
            workers.stop()
    finally:
        if not was_connected:
            ray.shutdown()


def _connect(address: str | None) -> None:
    """Connects to a cluster, or starts one.

    A cluster of our own asks for a token, which Ray keeps in the user's home (its default since 2.60): nobody
    else on the network can run code in it. A running cluster is shown one where RAY_AUTH_MODE=token is set.
    """
    if address is None:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        return
    try:
        _reach(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        reason = " ".join(str(error).split())
        raise BadWorkers(
            f"workers on Ray need a cluster at {address}, but {reason}: check the address, and set "
            "RAY_AUTH_MODE=token if the cluster asks for its token"
        ) from error


def _reach(address: str) -> None:
    parts = urlsplit(address if "://" in address else f"//{address}")
    with socket.create_connection((parts.hostname, parts.port), REACH_SECONDS):
        pass


def _free_cpus() -> int:
    """CPUs of the cluster that are free; those of a phase that has just ended are waited for.

    Raises:
        BadWorkers: none is free.
    """
    whole = int(ray.cluster_resources().get("CPU", 0))
    began = time.monotonic()
    while True:
        free, waited = int(ray.available_resources().get("CPU", 0)), time.monotonic() - began
        if free and (free >= whole or waited > FREE_SECONDS):
            return free
        if waited > PATIENCE_SECONDS:
            raise BadWorkers(
                f"workers on Ray need a free CPU, but all {whole} of the cluster are taken: wait for what "
                'runs there to end, or set the workers to "auto"'
            )
        time.sleep(LOOK_SECONDS)


class RayWorkers:
    """One actor a CPU, of one thread each; the context goes through the object store once."""

    def __init__(self, context: object, count: int) -> None:
        self.count = count
        held = ray.put(context)
        actor: Any = ray.remote(num_cpus=1)(_Actor)
        self._actors = [actor.remote(held) for _ in range(count)]

    def stop(self) -> None:
        """Ends the actors, whatever they are at."""
        for actor in self._actors:
            ray.kill(actor)

    def map(self, function: Callable[[Any, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """As many at once as there are actors, results in the items' order."""
        pool = ActorPool(self._actors)
        results: Any = pool.map(lambda actor, item: actor.call.remote(function, item), list(items))
        return _as_raised_there(results)

    def as_done(
        self, function: Callable[[Any, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """As many at once as there are actors."""
        pool = ActorPool(self._actors)
        results: Any = pool.map_unordered(
            lambda actor, numbered: actor.call_numbered.remote(function, *numbered), list(enumerate(items))
        )
        return _as_raised_there(results)


def _as_raised_there(results: Iterable[Result]) -> Iterator[Result]:
    """The results; an error is raised as it was in the worker, without Ray's wrapping."""
    try:
        yield from results
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise ChildProcessError(f"a Ray worker has died: {' '.join(str(error).split())}") from error


class _Actor:
    """One worker process."""

    def __init__(self, context: object) -> None:
        torch.set_num_threads(1)
        self._context = context

    def call(self, function: Callable[[Any, Item], Result], item: Item) -> Result:
        return function(self._context, item)

    def call_numbered(
        self, function: Callable[[Any, Item], Result], number: int, item: Item
    ) -> tuple[int, Result]:
        return number, self.call(function, item)
