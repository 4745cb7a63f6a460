"""What a network's loss will be after training, from its score and its size.

Scores favour networks that learn fast: after minutes of weight sharing, or some hundred steps of training,
large networks, and those of many residual blocks, have shown less of what they can than others. So a few
networks spread over the sizes are trained longer, and a linear rule is fitted to them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import Ridge

from constraints.macs import count_macs
from nas.kendall import kendall_tau
from search_spaces.graph import Graph, OpKind

RIDGE = 1.0
LEAST_ANCHORS = 4
LEAST_LOSS = 1e-6


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is known of a network for nothing. The rule makes use of its MACs and `adds`.

    Parameters rank networks worse than these two do, and told the rule nothing more (README, "Ranking").
    """

    parameters: int
    macs: int
    adds: int

    @classmethod
    def of(cls, graph: Graph) -> Sizes:
        """Counted from the description; biases left out."""
        weights = sum(op.weight.count for op in graph.ops if op.weight)
        adds = sum(op.kind is OpKind.ADD for op in graph.ops)
        return cls(weights, count_macs(graph), adds)

    @property
    def product(self) -> int:
        """Of both: one number to order networks of all shapes by."""
        return self.parameters * self.macs


@dataclass(frozen=True, slots=True)
class Anchor:
    """A network that was trained for the rule: its scored loss, its sizes, and its loss after training."""

    digest: str
    scored_loss: float
    sizes: Sizes
    trained_loss: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """log2 expected loss = intercept + slopes x (log2 scored loss, log2 MACs, log2(1 + adds)).

    The first slope is never negative and the others never positive: a better score or more capacity never
    speaks against a network. A network that has more MACs, or more adds, than any anchor counts as if it had
    the `most` of them: what more would do, no anchor has shown, and a search would go where a line promises
    most. Without a fit the expected loss is the scored one.
    """

    intercept: float = 0.0
    slopes: tuple[float, float, float] = (1.0, 0.0, 0.0)
    most: Sizes | None = None

    def expected_loss(self, scored_loss: float, sizes: Sizes) -> float:
        """In nats; NaN where the scored loss is."""
        if self.most is not None:
            sizes = Sizes(sizes.parameters, min(sizes.macs, self.most.macs), min(sizes.adds, self.most.adds))
        features = _features(scored_loss, sizes)
        slopes = zip(self.slopes, features, strict=True)
        return 2.0 ** (self.intercept + sum(slope * value for slope, value in slopes))


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Kendall's tau with the loss after training, over so many `anchors`, of three ways to rank."""

    anchors: int
    scored_loss: float
    parameters: float
    expected_loss: float


def fit(anchors: Sequence[Anchor]) -> Calibration:
    """Ridge regression on standardized features with signs held; needs four usable anchors, else no fit."""
    usable = _usable(anchors)
    if len(usable) < LEAST_ANCHORS:
        return Calibration()
    signs = np.array([1.0, -1.0, -1.0])
    features = np.array([_features(a.scored_loss, a.sizes) for a in usable]) * signs
    means, deviations = features.mean(axis=0), features.std(axis=0)
    deviations[deviations == 0] = 1.0
    losses = np.array([_log2(a.trained_loss) for a in usable])
    model = Ridge(alpha=RIDGE, positive=True).fit((features - means) / deviations, losses)
    slopes = model.coef_ / deviations
    intercept = float(model.intercept_ - slopes @ means)
    first, second, third = (float(slope) for slope in slopes * signs)
    most = Sizes(*(max(getattr(a.sizes, name) for a in usable) for name in Sizes.__slots__))
    return Calibration(intercept, (first, second, third), most)


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
        anchors=len(usable),
        scored_loss=kendall_tau([a.scored_loss for a in usable], trained),
        parameters=kendall_tau([-a.sizes.parameters for a in usable], trained),
        expected_loss=kendall_tau([loss for _, loss in expected], trained),
    )


def left_out(anchors: Sequence[Anchor]) -> list[tuple[Anchor, float]]:
    """Each usable anchor with the loss that a rule fitted on the others expects of it.

    Nothing where fewer than five are usable.
    """
    usable = _usable(anchors)
    if len(usable) < LEAST_ANCHORS + 1:
        return []
    return [
        (a, fit([*usable[:index], *usable[index + 1 :]]).expected_loss(a.scored_loss, a.sizes))
        for index, a in enumerate(usable)
    ]


def _usable(anchors: Sequence[Anchor]) -> list[Anchor]:
    return [a for a in anchors if math.isfinite(a.scored_loss) and math.isfinite(a.trained_loss)]


def _features(scored_loss: float, sizes: Sizes) -> tuple[float, float, float]:
    return _log2(scored_loss), math.log2(max(1, sizes.macs)), math.log2(1 + sizes.adds)


def _log2(loss: float) -> float:
    """NaN of NaN; a loss of nothing is taken for next to nothing."""
    return loss if math.isnan(loss) else math.log2(max(loss, LEAST_LOSS))
