from __future__ import annotations

import math
import random
from collections import Counter

import pytest
import torch

from nas.controllers.policy.choice_policy import ChoicePolicy
from nas.controllers.policy.policy_gradient import PolicyGradient
from nas.controllers.random_search import RandomSearch
from nas.controllers.reinforce import Reinforce, advantage_of
from search_spaces.enumeration import every_genotype
from tests.nas.controllers.covering import EXCESS, SPACE, covered
from tests.spaces import one_stage_space


def test_reinforce_covers_clearly_more_than_random_search_does() -> None:
    ours = [covered(Reinforce(SPACE, EXCESS, random.Random(seed)), 100) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 100) for seed in range(2)]
    assert sum(ours) > 1.08 * sum(chance)


def test_the_random_numbers_of_others_are_left_alone() -> None:
    before = torch.random.get_rng_state()
    covered(Reinforce(SPACE, EXCESS, random.Random(0)), 8)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_genes_are_drawn_as_often_as_their_likelihood_says() -> None:
    policy = ChoicePolicy(one_stage_space(), 2, torch.Generator().manual_seed(0))
    preference = torch.tensor([0.3, 0.7])
    drawn = Counter(policy.sample(preference, 20_000))
    for genes, count in drawn.most_common(5):
        likelihood, _ = policy.log_likelihood(genes, preference)
        assert count / 20_000 == pytest.approx(math.exp(likelihood.item()), rel=0.15)
    total = sum(math.exp(policy.log_likelihood(genes, preference)[0].item()) for genes in drawn)
    assert total == pytest.approx(1.0, abs=0.01)


def test_no_two_choices_are_read_as_the_same() -> None:
    space = one_stage_space()
    policy = ChoicePolicy(space, 2, torch.Generator().manual_seed(0))
    meanings: dict[int, set[tuple[int, int]]] = {}
    for genotype in every_genotype(space):
        for place, token in enumerate(policy.tokens(genotype.genes)):
            if token:
                meanings.setdefault(token, set()).add((place, genotype.genes[place]))
    assert all(len(meaning) == 1 for meaning in meanings.values())
    assert max(meanings) == sum(len(choices) for choices in space.allowed)


@pytest.mark.parametrize("better", [True, False])
def test_what_did_better_than_expected_becomes_likelier_and_what_did_worse_unlikelier(better: bool) -> None:  # noqa: FBT001 - a test's parameter
    policy = PolicyGradient(one_stage_space(), 1, seed=0)
    (genes,) = policy.sample([1.0], 1)
    before = policy.sample([1.0], 400).count(genes)
    for _ in range(15):
        policy.step(genes, [1.0], 2.0 if better else -2.0)
    after = policy.sample([1.0], 400).count(genes)
    assert after > before if better else after < before


def test_an_advantage_is_judged_by_the_objective_that_matters() -> None:
    earlier = [(1.0, 5.0), (2.0, 4.0), (3.0, 3.0), (4.0, 2.0)]
    best_in_the_first = (0.5, 6.0)
    assert advantage_of(best_in_the_first, earlier, (0.95, 0.05)) > 0
    assert advantage_of(best_in_the_first, earlier, (0.05, 0.95)) < 0


def test_an_objective_without_bounds_does_not_drown_the_others() -> None:
    usual = [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]
    diverged = [(1.0, 1.0), (2.0, 2.0), (1e30, 3.0)]
    assert advantage_of((1.5, 1.5), usual, (0.5, 0.5)) == advantage_of((1.5, 1.5), diverged, (0.5, 0.5))


def test_no_objective_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one objective, got 0"):
        Reinforce(SPACE, EXCESS, random.Random(0), objective_count=0)
