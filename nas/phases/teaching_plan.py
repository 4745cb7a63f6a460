"""How many teachers a given time allows, how much wider than their pupils, and how often they are asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from constraints.macs import count_macs
from nas.problem import Problem
from nas.training.allowance import Allowance
from nas.training.batches import NO_AUGMENTATION
from nas.training.step_time import step_seconds
from nas.training.teacher import Teacher
from search_spaces.graph import Graph
from search_spaces.widened import widened

EPOCHS = {3: 12.0, 2: 20.0}
"""By how much wider a teacher may be, the widest first, and how often it must then see every image.

Of a network of 4.4 M multiply-accumulates on Fashion-MNIST: after 12 and 21 epochs their losses on
validation were 0.209 and 0.211, and what they taught together was worth learning; after 4 and 7 epochs they
were 0.236 and 0.232, and it was not. Single trainings, which no study prints.
"""
TRAINING_PART = 0.8
"""Of the phase's time; in the rest teachers are asked."""
FORWARD_PART = 0.25
"""Of the time of a training step: looking at a batch without learning from it took 18 to 26%."""
MOST_VIEWS = 8
"""Of every image."""
VIEWS_IN_STEPS = 2
"""Where steps decide."""
TABLE_BYTES = 128_000_000
"""So large may the table of what they say be; a few times that is needed while it is made."""


@dataclass(frozen=True, eq=False)
class TeachingPlan:
    """`allowance` is seconds for everything, or steps for each teacher; `workers` train side by side."""

    problem: Problem
    workers: int
    allowance: Allowance

    def affordable(self, graphs: Sequence[Graph]) -> tuple[int, int] | None:
        """How many teachers, and how many times as wide as `graphs`; None where there is no time for one.

        Even the slowest is to see all images often enough: first width is given up for it, then a teacher.
        """
        if self.allowance.seconds == 0.0:
            return None
        stream, slowest = self.problem.stream(), max(graphs, key=count_macs)
        seconds: dict[int, float] = {}
        for count in range(len(graphs), 0, -1):
            each = self.training(count)
            for factor, epochs in EPOCHS.items():
                steps = each.steps
                if each.seconds is not None:
                    if factor not in seconds:
                        seconds[factor] = step_seconds(stream, widened(slowest, factor))
                    steps = int(each.seconds / seconds[factor])
                if steps is not None and steps >= epochs * stream.steps_an_epoch:
                    return count, factor
        return None

    def training(self, count: int, spent: float = 0.0) -> Allowance:
        """Of each of `count` teachers, where so many seconds are spent already."""
        left = self.allowance.less(spent)
        if left.seconds is None:
            return left
        rounds = math.ceil(count / self.workers)
        return Allowance(seconds=TRAINING_PART * left.seconds / rounds)

    def views(self, teachers: Sequence[Teacher], spent: float) -> int:
        """Of every image: as many as there is room and, after so many seconds, time for."""
        stream, classes = self.problem.stream(), len(self.problem.dataset.classes)
        if stream.augmentation == NO_AUGMENTATION:
            return 1
        images = len(stream.images)
        room = max(1, min(MOST_VIEWS, TABLE_BYTES // (2 * images * classes)))
        if self.allowance.seconds is None:
            return min(room, VIEWS_IN_STEPS)
        batches = images / stream.batch_size
        a_view = sum(FORWARD_PART * batches * one.seconds / max(1, one.steps) for one in teachers)
        in_time = int(max(0.0, self.allowance.seconds - spent) / a_view) * self.workers
        return max(1, min(room, in_time))
