"""REINFORCE with an autoregressive controller, as in ENAS, for several objectives.

Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement
learning", section 4; the policy, the moving-average baseline and the bonus for entropy as in Zoph and Le
2017, "Neural architecture search with reinforcement learning", section 3.2, and Pham et al. 2018, "Efficient
neural architecture search via parameter sharing" (ENAS), section 2.2.

With several objectives every genotype is asked for under weights of its own, drawn evenly, which the policy
reads; its reward falls with the augmented Chebyshev norm under them (Knowles 2006, "ParEGO", equation 2),
whose minima over all weights make up the front. Objectives have no common scale: each is its rank among those
told before, from 0 (best) to 1, so that a diverged network drowns nobody.

What does not fit is drawn again, `TRIES` times. The policy is not told of it, so it follows the gradient of
what is drawn, not of what is drawn and fits; where hardly a draw fits it learns from random genotypes.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.controllers.ledger import Ledger
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

TRIES = 32
AUGMENTATION = 0.05
"""Knowles 2006, equation 2."""
DECAY = 0.95
"""Of the baseline, a score."""
EARLIER = 4
"""Scores before the first one that something is learnt from."""

Floats = NDArray[np.float64]


class Reinforce:
    """One step of Adam a score.

    Raises:
        ValueError: fewer than one objective.
    """

    def __init__(
        self, space: SearchSpace, excess: Excess, rng: random.Random, *, objective_count: int = 2
    ) -> None:
        if objective_count < 1:
            raise ValueError(f"REINFORCE needs at least one objective, got {objective_count}")
        # Imports torch, which the naming of controllers is spared.
        from nas.controllers.policy.policy_gradient import PolicyGradient

        self._sampler = FeasibleSampler(space, excess)
        self._rng = rng
        self._ledger = Ledger()
        self._objective_count = objective_count
        self._policy = PolicyGradient(space, objective_count, rng.getrandbits(63))
        self._waiting: dict[Genotype, tuple[tuple[int, ...], tuple[float, ...]]] = {}
        self._scores: list[tuple[float, ...]] = []

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`."""
        return self._ledger.collect(count, self._propose)

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """See `Controller.tell`."""
        if len(objectives) != self._objective_count:
            raise ValueError(f"every score must hold {self._objective_count} objectives, got {objectives}")
        usable = self._ledger.settle(genotype, objectives)
        genes, weights = self._waiting.pop(genotype)
        if not usable:
            return
        if len(self._scores) >= EARLIER:
            advantage = advantage_of(objectives, self._scores, weights)
            self._policy.step(genes, weights, advantage)
        self._scores.append(objectives)

    def _propose(self) -> Genotype | None:
        weights = _even_weights(self._objective_count, self._rng)
        for genes in self._policy.sample(weights, TRIES):
            genotype = self._sampler.space.canonical(genes)
            if genotype not in self._ledger.asked and self._sampler.fits(genotype):
                self._waiting[genotype] = genes, weights
                return genotype
        drawn = self._sampler.draw_new(self._ledger.asked, self._rng)
        if drawn is not None:
            self._waiting[drawn] = drawn.genes, weights
        return drawn


def controller(search: Search) -> Reinforce:
    """As a study names it."""
    return Reinforce(search.space, search.excess, search.rng, objective_count=search.objective_count)


def advantage_of(
    objectives: tuple[float, ...], earlier: list[tuple[float, ...]], weights: tuple[float, ...]
) -> float:
    """How much better than the moving average of earlier scores under the same weights, in their deviations.

    That average depends on nothing that was chosen here, so the gradient keeps its expectation.
    """
    scores = np.array([*earlier, objectives])
    norms = _augmented_chebyshev(_ranks(scores), np.array(weights))
    recency = DECAY ** np.arange(len(earlier) - 1, -1, -1)
    recency /= recency.sum()
    baseline = recency @ norms[:-1]
    spread = np.sqrt(recency @ (norms[:-1] - baseline) ** 2)
    return float((baseline - norms[-1]) / max(spread, 1e-6))


def _ranks(scores: Floats) -> Floats:
    """Of every score and objective the part of the others that is better, ties by half."""
    ordered = np.sort(scores, axis=0)
    ranks = np.empty_like(scores)
    for axis in range(scores.shape[1]):
        below = np.searchsorted(ordered[:, axis], scores[:, axis], side="left")
        above = np.searchsorted(ordered[:, axis], scores[:, axis], side="right")
        ranks[:, axis] = (below + above - 1) / 2 / max(len(scores) - 1, 1)
    return ranks


def _augmented_chebyshev(scaled: Floats, weights: Floats) -> Floats:
    weighted = scaled * weights
    return weighted.max(axis=1) + AUGMENTATION * weighted.sum(axis=1)


def _even_weights(count: int, rng: random.Random) -> tuple[float, ...]:
    """Positive, of sum 1, evenly distributed: exponential variates over their sum (Devroye 1986, V.2)."""
    drawn = [rng.expovariate(1.0) for _ in range(count)]
    return tuple(value / sum(drawn) for value in drawn)
