from __future__ import annotations

import math
import random

import pytest

from nas.controllers.random_search import RandomSearch
from nas.controllers.regularized_evolution import RegularizedEvolution
from search_spaces.genotype import Genotype
from tests.spaces import large_space, weights_over

SPACE = large_space()
ANYTHING_FITS = weights_over(SPACE, 10**9)


def differing(first: Genotype, second: Genotype) -> int:
    return sum(a != b for a, b in zip(first.genes, second.genes, strict=True))


def distance(genotype: Genotype, target: Genotype) -> tuple[float]:
    return (float(differing(genotype, target)),)


def best_after(controller: RandomSearch | RegularizedEvolution, target: Genotype, trials: int) -> float:
    best = math.inf
    for _ in range(trials):
        (genotype,) = controller.ask(1)
        controller.tell(genotype, distance(genotype, target))
        best = min(best, *distance(genotype, target))
    return best


def test_only_a_genotype_with_a_score_becomes_a_parent() -> None:
    evolution = RegularizedEvolution(SPACE, ANYTHING_FITS, random.Random(0), population_size=4, sample_size=4)
    alive, *failed = evolution.ask(4)
    for genotype in failed:
        evolution.tell(genotype, (math.nan,))
    evolution.tell(alive, (5.0,))
    for child in evolution.ask(20):
        assert all(differing(child, alive) < differing(child, parent) for parent in failed)


def test_the_oldest_leaves_the_population_however_good_it_is() -> None:
    evolution = RegularizedEvolution(SPACE, ANYTHING_FITS, random.Random(0), population_size=2, sample_size=2)
    best, second = evolution.ask(2)
    evolution.tell(best, (0.0,))
    evolution.tell(second, (9.0,))
    (child,) = evolution.ask(1)
    assert differing(child, best) < differing(child, second)
    evolution.tell(child, (9.5,))  # the population is now `second` and `child`
    (grandchild,) = evolution.ask(1)
    assert differing(grandchild, second) < differing(grandchild, best)


def test_all_of_the_front_become_parents_and_nobody_else() -> None:
    evolution = RegularizedEvolution(SPACE, ANYTHING_FITS, random.Random(0), population_size=4, sample_size=4)
    members = evolution.ask(4)
    points = [(0.0, 9.0), (4.0, 4.0), (9.0, 0.0), (9.0, 9.0)]
    for member, point in zip(members, points, strict=True):
        evolution.tell(member, point)
    parents = [min(range(4), key=lambda at: differing(child, members[at])) for child in evolution.ask(60)]
    assert {*parents} == {0, 1, 2}


def test_evolution_comes_nearer_to_a_known_optimum_than_random_search_does() -> None:
    target = SPACE.sample(random.Random(100))
    for seed in range(3):
        evolution = RegularizedEvolution(
            SPACE, ANYTHING_FITS, random.Random(seed), population_size=16, sample_size=5
        )
        chance = RandomSearch(SPACE, ANYTHING_FITS, random.Random(seed))
        assert best_after(evolution, target, 150) < best_after(chance, target, 150)


@pytest.mark.parametrize(("population_size", "sample_size"), [(0, 0), (4, 5), (4, 0)])
def test_a_sample_that_is_no_part_of_the_population_is_refused(
    population_size: int, sample_size: int
) -> None:
    with pytest.raises(ValueError, match="sample_size must be between 1 and population_size"):
        RegularizedEvolution(
            SPACE,
            ANYTHING_FITS,
            random.Random(0),
            population_size=population_size,
            sample_size=sample_size,
        )
