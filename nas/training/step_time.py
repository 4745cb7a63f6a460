"""How long a training step takes here."""

from __future__ import annotations

import time

from nas.networks.weight_bank import WeightBank
from nas.parallel.one_thread import one_thread
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.batches import TrainingStream
from search_spaces.graph import Graph

TIMED_STEPS = 4


def step_seconds(stream: TrainingStream, graph: Graph) -> float:
    """Measured: one training step on one thread, with weights of its own."""
    bank = WeightBank.initialized([graph], 0)
    with one_thread():
        train_alone(graph, bank, stream, Allowance(steps=1))
        started = time.perf_counter()
        train_alone(graph, bank, stream, Allowance(steps=TIMED_STEPS))
        return (time.perf_counter() - started) / TIMED_STEPS
