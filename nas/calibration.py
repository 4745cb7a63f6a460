"""What a network's loss will be after training, from its inherited loss and its size.

Inherited weights favour networks that learn fast: after minutes of weight sharing, counting parameters ranks
architectures better than the inherited loss does. So a few networks spread over the sizes are trained by
themselves for a short time, and a linear rule is fitted to them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import Ridge

from constraints.macs import count_macs
from nas.kendall import kendall_tau
from search_spaces.graph import Graph

RIDGE = 1.0
LEAST_ANCHORS = 4


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the rule knows of a network beside its inherited loss."""

    parameters: int
    macs: int

    @classmethod
    def of(cls, graph: Graph) -> Sizes:
        """Counted from the description; biases left out."""
        weights = sum(op.weight.count for op in graph.ops if op.weight)
        return cls(weights, count_macs(graph))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A network that was trained for the rule: its inherited loss, its sizes, and its loss after training."""

    digest: str
    inherited_loss: float
    sizes: Sizes
    trained_loss: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """expected loss = intercept + slopes x (inherited loss, log2 parameters, log2 MACs).

    The first slope is never negative and the others never positive: a better inherited loss or more capacity
    never speaks against a network. Without a fit the expected loss is the inherited one.
    """

    intercept: float = 0.0
    slopes: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def expected_loss(self, inherited_loss: float, sizes: Sizes) -> float:
        """In nats; NaN where the inherited loss is."""
        features = _features(inherited_loss, sizes)
        return self.intercept + sum(slope * value for slope, value in zip(self.slopes, features, strict=True))


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Kendall's tau with the loss after training, over the anchors, of three ways to rank."""

    inherited_loss: float
    parameters: float
    expected_loss: float


def fit(anchors: Sequence[Anchor]) -> Calibration:
    """Ridge regression on standardized features with signs held; needs four usable anchors, else no fit."""
    usable = _usable(anchors)
    if len(usable) < LEAST_ANCHORS:
        return Calibration()
    signs = np.array([1.0, -1.0, -1.0])
    features = np.array([_features(a.inherited_loss, a.sizes) for a in usable]) * signs
    means, deviations = features.mean(axis=0), features.std(axis=0)
    deviations[deviations == 0] = 1.0
    losses = np.array([a.trained_loss for a in usable])
    model = Ridge(alpha=RIDGE, positive=True).fit((features - means) / deviations, losses)
    slopes = model.coef_ / deviations
    intercept = float(model.intercept_ - slopes @ means)
    first, second, third = (float(slope) for slope in slopes * signs)
    return Calibration(intercept, (first, second, third))


def rank_correlation(anchors: Sequence[Anchor]) -> RankCorrelation | None:
    """How well each way ranks the anchors; the expected loss of each is fitted on the others.

    None where fewer than five are usable.
    """
    expected = left_out(anchors)
    if not expected:
        return None
    usable = [anchor for anchor, _ in expected]
    trained = [a.trained_loss for a in usable]
    return RankCorrelation(
        inherited_loss=kendall_tau([a.inherited_loss for a in usable], trained),
        parameters=kendall_tau([-a.sizes.parameters for a in usable], trained),
        expected_loss=kendall_tau([loss for _, loss in expected], trained),
    )


def left_out(anchors: Sequence[Anchor]) -> list[tuple[Anchor, float]]:
    """Each usable anchor with the loss that a rule fitted on the others expects of it.

    None where fewer than five are usable.
    """
    usable = _usable(anchors)
    if len(usable) < LEAST_ANCHORS + 1:
        return []
    return [
        (a, fit([*usable[:index], *usable[index + 1 :]]).expected_loss(a.inherited_loss, a.sizes))
        for index, a in enumerate(usable)
    ]


def _usable(anchors: Sequence[Anchor]) -> list[Anchor]:
    return [a for a in anchors if math.isfinite(a.inherited_loss) and math.isfinite(a.trained_loss)]


def _features(inherited_loss: float, sizes: Sizes) -> tuple[float, float, float]:
    return inherited_loss, math.log2(max(1, sizes.parameters)), math.log2(max(1, sizes.macs))
