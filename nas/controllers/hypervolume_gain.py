"""Our own controller: costs are known, so it models the loss alone and looks for hypervolume.

What a network costs is known to the byte before it is scored. So only the loss is modelled, with its
uncertainty, and out of many candidates that fit those are asked for that are expected to add most hypervolume
(Emmerich et al. 2006, "Single- and multiobjective evolutionary optimization assisted by Gaussian random field
metamodels", section IV, with all objectives but one known). Several at a time are picked one after the other,
each belief being taken for a score (Ginsbourger et al. 2010, "Kriging is well-suited to parallelize
optimization", section 4).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc
from sklearn.gaussian_process.kernels import Kernel

from nas.controllers.controller import Search
from nas.controllers.ledger import Ledger
from nas.controllers.loss_model import LEAST_LOSS, Belief, Floats, LossModel
from nas.controllers.pool import Pool
from nas.objectives import BEYOND, CORNER_QUANTILE
from search_spaces.genotype import Genotype

FIRST = 8
"""Genotypes that are scored before there is a model, spread over the costs."""
REFITTED_AT = 1.25
AHEAD_FROM = 48
AHEAD_QUANTILE = 0.3
"""Once so many have been asked for, every second pick counts nothing but losses below this one of those so
far: who has a budget wants the best network within it above all, and most of a front's hypervolume is in
cheaper ones."""
CORNERS = 1 << 9
"""Points of the space of costs at which the gain is looked at."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What may be known of genotypes for nothing; `costs` and `encode` as in `Search`.

    `pool` gives candidates that fit and have not been asked, from the best so far and all that have been.
    """

    costs: Callable[[Sequence[Genotype]], Floats]
    encode: Callable[[Sequence[Genotype]], Floats]
    pool: Callable[[Sequence[Genotype], Collection[Genotype], random.Random], list[Genotype]]


class HypervolumeGain:
    """`reference` is the corner of hypervolume, the loss first; left out, `Objectives.reference`."""

    def __init__(
        self,
        knowledge: Knowledge,
        rng: random.Random,
        reference: tuple[float, ...] | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._rng = rng
        self._reference = reference
        self._ledger = Ledger()
        self._scores: dict[Genotype, tuple[float, ...]] = {}
        self._kernel: Kernel | None = None
        self._fitted_on = 0

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`."""
        asked: list[Genotype] = []
        while len(asked) < count:
            picks = iter(self._picks(count - len(asked)))
            new = self._ledger.collect(count - len(asked), partial(next, picks, None))
            if not new:
                break
            asked.extend(new)
        return asked

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """See `Controller.tell`."""
        if self._ledger.settle(genotype, objectives):
            self._scores[genotype] = objectives

    def _picks(self, count: int) -> list[Genotype]:
        pool = self._knowledge.pool(self._front(), self._ledger.asked, self._rng)
        if not pool:
            return []
        missing = FIRST - len(self._ledger.asked)
        if missing > 0 or len(self._scores) < 2:
            return self._spread(pool, min(count, missing) if missing > 0 else count)
        return self._gains(pool, count)

    def _front(self) -> list[Genotype]:
        ordered = sorted(self._scores, key=lambda genotype: self._scores[genotype])
        return ordered[: max(1, len(ordered) // 4)]

    def _spread(self, pool: list[Genotype], count: int) -> list[Genotype]:
        """One at random out of each part of the pool, cut by cost."""
        costs = self._knowledge.costs(pool)
        order = np.argsort((costs / np.clip(costs.max(axis=0), 1e-12, None)).sum(axis=1), kind="stable")
        parts = np.array_split(order, min(count, len(pool)))
        return [pool[self._rng.choice(part.tolist())] for part in parts]

    def _gains(self, pool: list[Genotype], count: int) -> list[Genotype]:
        know, scored = self._knowledge, list(self._scores)
        points = np.array([self._scores[one] for one in scored])
        model = self._model(know.encode(scored), points[:, 0])
        costs, encodings = know.costs(pool), know.encode(pool)
        reference = self._reference or _reference(points, costs)
        least = np.minimum(costs.min(axis=0), points[:, 1:].min(axis=0))
        corners = _corners(least, reference[1:], self._rng)
        reached, afforded = _reached(points, corners, reference[0]), _afforded(costs, corners)
        ahead = min(reference[0], float(np.quantile(points[:, 0], AHEAD_QUANTILE)))
        picked: list[int] = []
        for place in range(len(self._ledger.asked), len(self._ledger.asked) + min(count, len(pool))):
            belief = model.believe(encodings)
            worst = ahead if place % 2 and place >= AHEAD_FROM else reference[0]
            gains = _expected_gains(afforded, belief, np.minimum(reached, worst))
            gains[picked] = -math.inf
            best = int(np.argmax(gains))
            picked.append(best)
            model.assume(encodings[best : best + 1], belief.mean[best : best + 1])
            believed = np.minimum(reached, np.exp(belief.mean[best]))
            reached = np.where(afforded[best] > 0, believed, reached)
        return [pool[index] for index in picked]

    def _model(self, encodings: Floats, losses: Floats) -> LossModel:
        """The hyperparameters are found anew whenever there is a quarter more to find them on."""
        if len(losses) >= REFITTED_AT * self._fitted_on:
            self._kernel, self._fitted_on = None, len(losses)
        model = LossModel(encodings, losses, self._kernel)
        self._kernel = model.kernel
        return model


def controller(search: Search) -> HypervolumeGain:
    """As a study names it."""
    pool = Pool(search.space, search.excess)
    return HypervolumeGain(Knowledge(search.costs, search.encode, pool.candidates), search.rng)


def _reference(points: Floats, costs: Floats) -> tuple[float, ...]:
    """Costs of candidates count as well: what nothing has reached yet is to be worth something."""
    most = np.maximum(points[:, 1:].max(axis=0), costs.max(axis=0))
    high = float(np.quantile(points[:, 0], CORNER_QUANTILE))
    return (high, *(BEYOND * np.maximum(1.0, most)).tolist())


def _corners(low: Floats, high: Sequence[float], rng: random.Random) -> Floats:
    """Points spread evenly over the costs from the least of them to the reference, (points, costs)."""
    sobol = qmc.Sobol(len(low), rng=np.random.default_rng(rng.getrandbits(64)))
    top = np.maximum(np.array(high), low + 1e-9)
    return qmc.scale(sobol.random(CORNERS), low, top)


def _reached(points: Floats, corners: Floats, worst: float) -> Floats:
    """The least loss that is had at no more than the costs of each corner."""
    within = (corners[:, None, :] >= points[None, :, 1:]).all(axis=2)
    return np.minimum(np.where(within, points[None, :, 0], worst).min(axis=1), worst)


def _afforded(costs: Floats, corners: Floats) -> NDArray[np.float32]:
    """1 where a candidate costs no more than a corner, (candidates, corners)."""
    within = np.ones((len(costs), len(corners)), dtype=bool)
    for axis in range(corners.shape[1]):
        within &= corners[None, :, axis] >= costs[:, None, axis]
    return within.astype(np.float32)


def _expected_gains(afforded: NDArray[np.float32], belief: Belief, reached: Floats) -> Floats:
    """Of each candidate the loss that it is expected to take off, summed over the corners it affords."""
    levels, which = np.unique(reached, return_inverse=True)
    indicator = np.zeros((len(reached), len(levels)), dtype=np.float32)
    indicator[np.arange(len(reached)), which] = 1.0
    return ((afforded @ indicator) * _expected_drop(belief, levels)).sum(axis=1)


def _expected_drop(belief: Belief, levels: Floats) -> Floats:
    """E[max(level - loss, 0)] where the loss's logarithm is normal, (candidates, levels)."""
    levels = np.maximum(levels, LEAST_LOSS)
    z = (np.log(levels)[None] - belief.mean[:, None]) / belief.deviation[:, None]
    means = np.exp(belief.mean + belief.deviation**2 / 2)[:, None]
    drop: NDArray[np.float64] = levels[None] * norm.cdf(z) - means * norm.cdf(z - belief.deviation[:, None])
    return np.clip(drop, 0.0, None)
