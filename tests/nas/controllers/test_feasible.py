from __future__ import annotations

import random
from itertools import product

import pytest

from nas.controllers.descent import Found, smallest, walk
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler, InfeasibleBudget
from nas.controllers.trim import trim
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace
from tests.spaces import large_space, one_stage_space, single_space, two_stage_space, weights, weights_over

LARGE = large_space()


def everything(space: SearchSpace) -> list[Genotype]:
    return sorted({space.canonical(genes) for genes in product(*space.allowed)}, key=lambda g: g.genes)


def test_a_listed_space_draws_every_genotype_that_fits_and_no_other() -> None:
    space = one_stage_space()
    excess = weights_over(space, 1_500)
    sampler = FeasibleSampler(space, excess)
    rng = random.Random(0)
    drawn = {sampler.draw(rng) for _ in range(2_000)}
    assert drawn == {genotype for genotype in everything(space) if excess(genotype) == 0}


def test_a_walked_space_draws_only_what_fits_however_rare_that_is() -> None:
    excess = weights_over(LARGE, 1_500)
    rng = random.Random(0)
    assert sum(excess(LARGE.sample(rng)) == 0 for _ in range(300)) == 0
    sampler = FeasibleSampler(LARGE, excess)
    assert all(excess(sampler.draw(rng)) == 0 for _ in range(20))


def test_new_draws_are_new_until_nothing_is_left() -> None:
    space = one_stage_space()
    sampler = FeasibleSampler(space, weights_over(space, 10**6), enumerable=0)
    rng = random.Random(0)
    seen: dict[Genotype, None] = {}
    while (genotype := sampler.draw_new(seen, rng)) is not None:
        assert genotype not in seen
        seen[genotype] = None
    assert {*seen} == {*everything(space)}


def test_of_a_large_space_the_few_that_fit_are_all_found() -> None:
    space = two_stage_space()
    costs = sorted(weights(space, genotype) for genotype in everything(space))
    excess = weights_over(space, costs[30])
    sampler = FeasibleSampler(space, excess, enumerable=0)
    rng = random.Random(0)
    seen: dict[Genotype, None] = {}
    while (genotype := sampler.draw_new(seen, rng)) is not None:
        assert genotype not in seen
        seen[genotype] = None
    assert {*seen} == {genotype for genotype in everything(space) if excess(genotype) == 0}


def test_the_nearest_miss_is_named_where_nothing_fits() -> None:
    space = one_stage_space()
    least = min(weights(space, genotype) for genotype in everything(space))
    with pytest.raises(InfeasibleBudget, match="raise the budget") as caught:
        FeasibleSampler(space, weights_over(space, least - 1)).draw(random.Random(0))
    assert weights(space, caught.value.nearest) == least
    assert caught.value.excess == pytest.approx(1 / (least - 1))


@pytest.mark.parametrize(
    "space", [one_stage_space(), two_stage_space(), single_space()], ids=lambda s: s.name
)
def test_the_smallest_genotype_is_the_one_that_brute_force_finds(space: SearchSpace) -> None:
    found = smallest(space, weights_over(space, 1), random.Random(0))
    assert weights(space, found.genotype) == min(weights(space, genotype) for genotype in everything(space))


def test_a_walk_never_ends_higher_than_it_began_and_stops_where_it_fits() -> None:
    excess = weights_over(LARGE, 5_000)
    for seed in range(10):
        rng = random.Random(seed)
        genotype = LARGE.sample(rng)
        start = Found(genotype, excess(genotype))
        end = walk(LARGE, start, excess, rng, steps=50)
        assert end.excess == excess(end.genotype) <= start.excess
        assert walk(LARGE, end, excess, rng, steps=50).excess <= end.excess


def test_a_walk_stays_where_it_may_enter() -> None:
    excess = weights_over(LARGE, 1)
    rng = random.Random(0)
    start = LARGE.sample(rng)
    width = [gene.name for gene in LARGE.genes].index("stage1.width")
    end = walk(
        LARGE,
        Found(start, excess(start)),
        excess,
        rng,
        may_enter=lambda genotype: genotype.genes[width] == start.genes[width],
    )
    assert end.genotype != start
    assert end.genotype.genes[width] == start.genes[width]


@pytest.mark.parametrize("limit", [100, 200, 400, 800, 1_600, 3_200])
@pytest.mark.parametrize("space", [one_stage_space(), two_stage_space()], ids=lambda s: s.name)
def test_a_trim_keeps_exactly_the_choices_that_some_network_within_budget_uses(
    space: SearchSpace, limit: int
) -> None:
    excess = weights_over(space, limit)
    used: list[set[int]] = [set() for _ in space.genes]
    for genotype in everything(space):
        if excess(genotype) == 0:
            for values, value, active in zip(used, genotype.genes, space.active(genotype), strict=True):
                values |= {value} if active else set()
    expected = space.trimmed([sorted(values) or [0] for values in used])
    assert trim(space, excess, random.Random(0)).allowed == expected.allowed


def test_a_trimmed_space_fits_more_often_and_keeps_its_genotypes_costs() -> None:
    excess = weights_over(LARGE, 3_000)
    trimmed = trim(LARGE, excess, random.Random(0))
    rng = random.Random(1)
    before = sum(excess(LARGE.sample(rng)) == 0 for _ in range(400))
    after = sum(excess(trimmed.sample(rng)) == 0 for _ in range(400))
    assert 0 < trimmed.count() < LARGE.count()
    assert after > before


def test_a_trim_costs_a_few_thousand_genotypes_at_most() -> None:
    calls = 0
    cost = weights_over(LARGE, 1_000)

    def excess(genotype: Genotype) -> float:
        nonlocal calls
        calls += 1
        return cost(genotype)

    trim(LARGE, Excess.one_by_one(excess), random.Random(0))
    assert calls < 10_000


def test_a_roomy_budget_trims_nothing() -> None:
    assert trim(LARGE, weights_over(LARGE, 10**9), random.Random(0)).allowed == LARGE.allowed


def test_a_budget_that_nothing_meets_cannot_be_trimmed_to() -> None:
    with pytest.raises(InfeasibleBudget, match="was found to fit"):
        trim(LARGE, weights_over(LARGE, 1), random.Random(0))
