"""Workers on a Ray cluster, or on a local one that is started for the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
import ray
import torch
from ray.util import ActorPool

Item = TypeVar("Item")
Result = TypeVar("Result")
Context = TypeVar("Context")


class RayWorkers:
    """One actor a CPU of the cluster, of one thread each; the context goes through the object store once."""

    def __init__(self, context: object, address: str | None) -> None:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, configure_logging=False)
        self.count = max(1, int(ray.cluster_resources().get("CPU", 1)))
        held = ray.put(context)
        actor: Any = ray.remote(num_cpus=1)(_Actor)
        self._pool = ActorPool([actor.remote(held) for _ in range(self.count)])

    def __enter__(self) -> RayWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()

    def map(
        self, function: Callable[[Context, Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """As many at once as there are actors, results in the items' order."""
        return self._pool.map(lambda actor, item: actor.call.remote(function, item), list(items))


class _Actor:
    """One worker process."""

    def __init__(self, context: object) -> None:
        torch.set_num_threads(1)
        self._context = context

    def call(self, function: Callable[[object, Item], Result], item: Item) -> Result:
        return function(self._context, item)
