"""How a network is trained alone: what `studies/bench_finalists.py` takes apart, setting by setting."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nas.training.optimizer import WEIGHT_DECAY
from nas.training.path_gradients import LABEL_SMOOTHING
from nas.training.schedule import learning_rate


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the training in float, and of the tuning in int8 that ends a finalist's.

    Rates rise to their peaks over the first `warm_up` of the training and fall to 0 after it: in a line, or
    along half a cosine (Loshchilov & Hutter 2017, "SGDR", equation 5, one period). Matrices of weights are
    moved by Muon, at `muon_rate`, all else by SGD, at `peak_rate`; so is everything where `muon_rate` is 0.
    SGD's `weight_decay` is added to gradients, Muon's to steps. With `average` above 0 the network is the
    exponential average of its weights with that decay a step. Where there are teachers, what they say takes
    the place of labels, at a `temperature`. `tuning_share` is the part of the training that is spent in int8,
    from `tuning_rate` down to 0.
    """

    peak_rate: float = 0.25
    warm_up: float = 0.1
    cosine: bool = False
    weight_decay: float = WEIGHT_DECAY
    muon_rate: float = 0.02
    muon_momentum: float = 0.9
    muon_decay: float = 0.1
    label_smoothing: float = LABEL_SMOOTHING
    average: float = 0.0
    temperature: float = 2.0
    tuning_share: float = 0.15
    tuning_rate: float = 0.01

    def schedule(self, fraction: float) -> float:
        """The part of their peaks that the rates have after that part of the training, both 0 to 1."""
        if not self.cosine or fraction < self.warm_up:
            return learning_rate(1.0, fraction, self.warm_up)
        gone = (fraction - self.warm_up) / (1.0 - self.warm_up)
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, gone)))


RECIPE = Recipe()
"""What searches train with."""
