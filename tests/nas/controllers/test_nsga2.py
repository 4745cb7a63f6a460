from __future__ import annotations

import math
import random

import optuna
import pytest

from nas.controllers.nsga2 import Nsga2
from nas.controllers.random_search import RandomSearch
from nas.pareto import hypervolume
from search_spaces.genotype import Genotype
from tests.spaces import large_space, weights, weights_over

SPACE = large_space()
TARGET = SPACE.sample(random.Random(100))
REFERENCE = (1.0, 1.0)


def objectives(genotype: Genotype) -> tuple[float, float]:
    rows = zip(genotype.genes, TARGET.genes, strict=True)
    return sum(a != b for a, b in rows) / len(TARGET.genes), weights(SPACE, genotype) / 60_000


def covered(controller: Nsga2 | RandomSearch, trials: int) -> float:
    points = []
    for _ in range(trials):
        (genotype,) = controller.ask(1)
        controller.tell(genotype, objectives(genotype))
        points.append(objectives(genotype))
    return hypervolume(points, REFERENCE)


def test_nsga2_covers_more_than_random_search_does() -> None:
    excess = weights_over(SPACE, 60_000)
    for seed in range(2):
        nsga2 = Nsga2(SPACE, excess, random.Random(seed), population_size=10)
        chance = RandomSearch(SPACE, excess, random.Random(seed))
        assert covered(nsga2, 120) > covered(chance, 120)


@pytest.mark.parametrize("seed", range(4))
def test_children_are_made_of_parents_with_a_score_alone(seed: int) -> None:
    space = SPACE.trimmed([choices[1:] if len(choices) > 2 else choices for choices in SPACE.allowed])
    nsga2 = Nsga2(
        space, weights_over(space, 10**9), random.Random(seed), objective_count=1, population_size=2
    )
    alive, dead = nsga2.ask(2)
    nsga2.tell(alive, (1.0,))
    nsga2.tell(dead, (math.nan,))
    (late,) = nsga2.ask(1)  # the generation still lacks one with a score
    nsga2.tell(late, (2.0,))
    always = range(7)  # up to stage0.reduction every gene is active
    children = nsga2.ask(20)
    inherited = sum(
        child.genes[place] in {alive.genes[place], late.genes[place]}
        for child in children
        for place in always
    )
    assert inherited >= 0.9 * len(children) * len(always)  # about one gene in 21 is mutated


def test_optuna_stays_silent_and_keeps_its_verbosity(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    nsga2 = Nsga2(SPACE, weights_over(SPACE, 10_000), random.Random(0), population_size=3)
    for _ in range(8):
        (genotype,) = nsga2.ask(1)
        nsga2.tell(genotype, objectives(genotype))
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("objective_count", "population_size"), [(0, 20), (2, 1)])
def test_too_few_objectives_or_members_are_refused(objective_count: int, population_size: int) -> None:
    with pytest.raises(ValueError, match="at least one objective and a population of two"):
        Nsga2(
            SPACE,
            weights_over(SPACE, 10**9),
            random.Random(0),
            objective_count=objective_count,
            population_size=population_size,
        )
