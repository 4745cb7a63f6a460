"""A policy over genes and the optimizer that teaches it: all of REINFORCE that needs torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from nas.controllers.policy.choice_policy import ChoicePolicy
from nas.parallel.one_thread import one_thread
from search_spaces.space import SearchSpace

# Found on a synthetic problem of 200 trials, where ENAS has hundreds of thousands and learns 30 times slower.
LEARNING_RATE = 1e-2
ENTROPY_BONUS = 0.1
LARGEST_NORM = 1.0


class PolicyGradient:
    """Deterministic in its seed; torch's global generator is not touched."""

    def __init__(self, space: SearchSpace, objective_count: int, seed: int) -> None:
        self._policy = ChoicePolicy(space, objective_count, torch.Generator().manual_seed(seed))
        self._optimizer = torch.optim.Adam(self._policy.parameters(), lr=LEARNING_RATE)

    def sample(self, weights: Sequence[float], count: int) -> list[tuple[int, ...]]:
        """So many times the genes chosen under these weights, one an objective."""
        with one_thread():
            return self._policy.sample(torch.tensor(weights), count)

    def step(self, genes: Sequence[int], weights: Sequence[float], advantage: float) -> None:
        """Makes the genes likelier where the advantage is positive, and unlikelier where it is negative."""
        with one_thread():
            likelihood, entropy = self._policy.log_likelihood(genes, torch.tensor(weights))
            self._optimizer.zero_grad()
            (-advantage * likelihood - ENTROPY_BONUS * entropy).backward()
            torch.nn.utils.clip_grad_norm_(self._policy.parameters(), LARGEST_NORM)
            self._optimizer.step()
