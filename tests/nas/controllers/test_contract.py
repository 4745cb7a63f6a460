"""What every controller promises, whatever its strategy."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
import pytest

from nas.controllers import pool
from nas.controllers.by_name import make_controller
from nas.controllers.controller import Controller, Search
from nas.controllers.encoding import encoding
from nas.controllers.excess import Excess
from nas.controllers.feasible import InfeasibleBudget
from nas.controllers.gp import Gp
from nas.controllers.nsga2 import Nsga2
from nas.controllers.random_search import RandomSearch
from nas.controllers.regularized_evolution import RegularizedEvolution
from nas.controllers.reinforce import Reinforce
from nas.controllers.tpe import Tpe
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from tests.spaces import large_space, one_stage_space, single_space, two_stage_space, weights, weights_over


@pytest.fixture(autouse=True)
def _few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands would take seconds."""
    monkeypatch.setattr(pool, "DRAWN", 400)


Factory = Callable[[SearchSpace, Excess, random.Random], Controller]
Told = tuple[Genotype, tuple[float, ...]]


def modelled(space: SearchSpace, excess: Excess, rng: random.Random) -> Controller:
    """Ours, as searches make it; the size that `score` tells is known to it."""
    return make_controller(
        "hypervolume-gain",
        Search(
            space,
            excess,
            rng,
            objective_count=2,
            costs=lambda asked: np.array([[float(weights(space, one))] for one in asked]),
            encode=lambda asked: np.array([encoding(lower(space, one)) for one in asked]),
        ),
    )


# Populations and random beginnings so small that every test goes beyond them.
FACTORIES: dict[str, Factory] = {
    "random": RandomSearch,
    "evolution": partial(RegularizedEvolution, population_size=8, sample_size=3),
    "nsga2": partial(Nsga2, population_size=6),
    "tpe": partial(Tpe, startup=6),
    "gp": partial(Gp, startup=30),
    "reinforce": Reinforce,
    "hypervolume-gain": modelled,
}
LARGE = large_space()
LIMIT = 20_000  # about one sample in eight of the large space has no more weights


@pytest.fixture(params=FACTORIES.values(), ids=list(FACTORIES))
def factory(request: pytest.FixtureRequest) -> Factory:
    return request.param


def score(space: SearchSpace, genotype: Genotype) -> tuple[float, ...]:
    """Two objectives that pull apart: distance from the last choice of every gene, and size."""
    rows = zip(genotype.genes, space.genes, strict=True)
    distance = sum(1 - value / max(gene.choices - 1, 1) for value, gene in rows)
    return distance, float(weights(space, genotype))


def play(
    controller: Controller, space: SearchSpace, rounds: int, batch: int = 3, *, failing: bool = False
) -> list[Told]:
    """Asks and tells in turn; with `failing` every other score is no number."""
    told: list[Told] = []
    for _ in range(rounds):
        for genotype in controller.ask(batch):
            failed = failing and len(told) % 2 == 1
            objectives = (math.nan, math.inf) if failed else score(space, genotype)
            controller.tell(genotype, objectives)
            told.append((genotype, objectives))
    return told


def genotypes(told: list[Told]) -> list[Genotype]:
    return [genotype for genotype, _ in told]


def test_only_genotypes_within_budget_are_asked(factory: Factory) -> None:
    excess = weights_over(LARGE, LIMIT)
    told = play(factory(LARGE, excess, random.Random(0)), LARGE, rounds=20)
    assert len(told) == 60
    assert all(excess(genotype) == 0 for genotype in genotypes(told))
    assert all(LARGE.decode(LARGE.encode(genotype)) == genotype for genotype in genotypes(told))


def test_nothing_is_asked_twice(factory: Factory) -> None:
    space = two_stage_space()
    told = play(factory(space, weights_over(space, 4_000), random.Random(0)), space, rounds=25)
    assert len(told) == len(set(genotypes(told))) == 75


def test_nothing_is_asked_twice_while_scores_are_awaited(factory: Factory) -> None:
    controller = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(0))
    asked = [genotype for _ in range(8) for genotype in controller.ask(5)]
    assert len(set(asked)) == 40
    for genotype in reversed(asked):
        controller.tell(genotype, score(LARGE, genotype))
    assert not set(controller.ask(5)) & set(asked)


def test_a_trimmed_space_is_never_left(factory: Factory) -> None:
    space = LARGE.trimmed([choices[-2:] for choices in LARGE.allowed])
    told = play(factory(space, weights_over(space, 10**9), random.Random(0)), space, rounds=15)
    for genotype in genotypes(told):
        rows = zip(genotype.genes, space.active(genotype), space.allowed, strict=True)
        assert all(value in choices if active else value == 0 for value, active, choices in rows)


def test_one_seed_makes_one_search(factory: Factory) -> None:
    def run(seed: int) -> list[Told]:
        return play(factory(LARGE, weights_over(LARGE, LIMIT), random.Random(seed)), LARGE, rounds=15)

    assert run(5) == run(5)
    assert run(5) != run(6)


@pytest.mark.parametrize("failing", [False, True], ids=["all scored", "half failed"])
def test_a_search_that_is_played_back_goes_on_as_the_first_would(factory: Factory, failing: bool) -> None:  # noqa: FBT001 - a test's parameter
    first = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(1))
    recorded = play(first, LARGE, rounds=10, failing=failing)
    second = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(1))
    for start in range(0, len(recorded), 3):
        part = recorded[start : start + 3]
        assert second.ask(3) == genotypes(part)
        for genotype, objectives in part:
            second.tell(genotype, objectives)
    assert play(second, LARGE, rounds=5) == play(first, LARGE, rounds=5)


def test_a_search_in_which_everything_fails_still_asks_for_new_genotypes(factory: Factory) -> None:
    controller = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(0))
    seen: set[Genotype] = set()
    for _ in range(10):
        for genotype in controller.ask(3):
            seen.add(genotype)
            controller.tell(genotype, (math.nan, 1.0))
    assert len(seen) == 30


def test_a_space_is_exhausted_exactly_when_all_that_fits_was_asked(factory: Factory) -> None:
    space = one_stage_space()
    excess = weights_over(space, 2_000)
    fitting = {g for g in (space.canonical(genes) for genes in product(*space.allowed)) if excess(g) == 0}
    assert 0 < len(fitting) < space.count()
    controller = factory(space, excess, random.Random(0))
    told = play(controller, space, rounds=30)
    assert set(genotypes(told)) == fitting
    assert len(told) == len(fitting)
    assert controller.ask(1) == []


def test_a_space_of_one_network_is_asked_once(factory: Factory) -> None:
    space = single_space()
    controller = factory(space, weights_over(space, 10**6), random.Random(0))
    assert genotypes(play(controller, space, rounds=3)) == [space.canonical((0,) * len(space.genes))]


def test_the_one_network_of_a_large_space_that_fits_ends_the_search(factory: Factory) -> None:
    target = LARGE.sample(random.Random(9))

    def distance(genotype: Genotype) -> float:
        return sum(a != b for a, b in zip(genotype.genes, target.genes, strict=True))

    controller = factory(LARGE, Excess.one_by_one(distance), random.Random(0))
    assert controller.ask(2) == [target]
    controller.tell(target, (0.0, 1.0))
    assert controller.ask(1) == []


@pytest.mark.parametrize("space", [LARGE, one_stage_space()], ids=["large", "small"])
def test_a_budget_that_nothing_meets_ends_in_words_and_not_in_a_loop(
    factory: Factory, space: SearchSpace
) -> None:
    calls = 0

    def excess(genotype: Genotype) -> float:
        nonlocal calls
        calls += 1
        return weights_over(space, 1)(genotype)

    with pytest.raises(
        InfeasibleBudget, match=rf"no network of space {space.name} was found to fit"
    ) as caught:
        factory(space, Excess.one_by_one(excess), random.Random(0)).ask(1)
    assert calls < 15_000
    assert caught.value.excess == weights_over(space, 1)(caught.value.nearest) > 0


def test_asking_for_none_gives_none(factory: Factory) -> None:
    assert factory(LARGE, weights_over(LARGE, LIMIT), random.Random(0)).ask(0) == []


def test_a_score_that_was_not_asked_for_is_refused(factory: Factory) -> None:
    controller = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(0))
    (asked,) = controller.ask(1)
    stranger = LARGE.mutate(asked, random.Random(0))
    with pytest.raises(ValueError, match="was not asked for, or was told before"):
        controller.tell(stranger, (1.0, 1.0))
    controller.tell(asked, (1.0, 1.0))
    with pytest.raises(ValueError, match="was not asked for, or was told before"):
        controller.tell(asked, (1.0, 1.0))


def test_the_number_of_objectives_never_changes(factory: Factory) -> None:
    controller = factory(LARGE, weights_over(LARGE, LIMIT), random.Random(0))
    first, second = controller.ask(2)
    controller.tell(first, (1.0, 1.0))
    with pytest.raises(ValueError, match="every score must hold 2 objectives"):
        controller.tell(second, (1.0, 1.0, 1.0))
