import math
import random

import numpy as np
import pytest

from nas.controllers import hypervolume_gain, pool
from nas.controllers.by_name import make_controller
from nas.controllers.controller import Controller, Search
from nas.controllers.encoding import LEVELS, SORTS, encoding
from nas.controllers.hypervolume_gain import HypervolumeGain, Knowledge, _expected_drop
from nas.controllers.loss_model import Belief, LossModel
from nas.controllers.random_search import RandomSearch
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower
from tests.graphs import random_network_graph
from tests.nas.controllers.covering import EXCESS, SPACE, covered, objectives


@pytest.fixture(autouse=True)
def _few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands would take seconds."""
    monkeypatch.setattr(pool, "DRAWN", 400)


LINE = [Genotype((place,)) for place in range(60)]


def loss(genotype: Genotype) -> float:
    """Falls along the line, with a bump."""
    place = genotype.genes[0]
    return 2.0 - place / 40 + 0.5 * math.exp(-(((place - 30) / 5) ** 2))


def on_a_line(seed: int) -> HypervolumeGain:
    knowledge = Knowledge(
        costs=lambda asked: np.array([[one.genes[0] / 60] for one in asked]),
        encode=lambda asked: np.array([[one.genes[0] / 10] for one in asked]),
        pool=lambda _, seen, __: [one for one in LINE if one not in seen],
    )
    return HypervolumeGain(knowledge, random.Random(seed), reference=(2.5, 1.001))


def test_the_first_genotypes_are_spread_over_the_costs():
    places = sorted(genotype.genes[0] for genotype in on_a_line(0).ask(8))
    assert all(8 * part - 1 <= place < 8 * (part + 1) for part, place in enumerate(places))


def test_it_covers_clearly_more_than_random_search_does() -> None:
    def ours(seed: int) -> Controller:
        search = Search(
            SPACE,
            EXCESS,
            random.Random(seed),
            objective_count=2,
            costs=lambda asked: np.array([[objectives(one)[1]] for one in asked]),
            encode=lambda asked: np.array([encoding(lower(SPACE, one)) for one in asked]),
        )
        return make_controller("hypervolume-gain", search)

    modelled = [covered(ours(seed), 40) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 40) for seed in range(2)]
    assert sum(modelled) > 1.08 * sum(chance)


def test_what_is_dominated_at_its_own_cost_is_left_for_last():
    controller = on_a_line(1)
    asked: list[Genotype] = []
    for _ in range(8):
        for genotype in controller.ask(4):
            controller.tell(genotype, (loss(genotype), genotype.genes[0] / 60))
            asked.append(genotype)
    # Behind the bump the loss is above what smaller ones reach: between 25 and 35 nothing is gained.
    modelled = [genotype.genes[0] for genotype in asked[8:]]
    assert sum(25 <= place <= 35 for place in modelled) < len(modelled) / 4


def test_in_the_end_every_second_pick_looks_at_the_best_losses_alone(monkeypatch: pytest.MonkeyPatch):
    """Along the first part of the line much is to be gained, at its end little: both get their half."""

    def sloping(genotype: Genotype) -> float:
        place = genotype.genes[0]
        return 2.0 - place / 15 if place < 15 else 1.0 - (place - 15) / 1000

    monkeypatch.setattr(hypervolume_gain, "AHEAD_FROM", 8)
    controller = on_a_line(2)
    asked: list[int] = []
    for _ in range(10):
        for genotype in controller.ask(2):
            controller.tell(genotype, (sloping(genotype), genotype.genes[0] / 60))
            asked.append(genotype.genes[0])
    ends = [place > 30 for place in asked[8:]]
    assert 3 <= sum(ends) <= 9


@pytest.mark.parametrize(("mean", "deviation", "level"), [(0.0, 0.3, 1.2), (0.5, 0.1, 1.0), (-1.0, 1.0, 3.0)])
def test_the_expected_drop_is_that_of_drawn_losses(mean: float, deviation: float, level: float):
    drawn = np.exp(np.random.default_rng(0).normal(mean, deviation, 400_000))
    belief = Belief(np.array([mean]), np.array([deviation]))
    sampled = np.clip(level - drawn, 0, None).mean()
    assert _expected_drop(belief, np.array([level]))[0, 0] == pytest.approx(sampled, abs=0.005)


def test_a_model_is_sure_of_what_it_has_seen_and_unsure_far_away():
    places = np.linspace(0, 3, 12)[:, None]
    model = LossModel(places, 1.5 + np.sin(places[:, 0]))
    belief = model.believe(np.array([[1.5], [30.0]]))
    assert math.exp(belief.mean[0]) == pytest.approx(1.5 + math.sin(1.5), rel=0.05)
    assert belief.deviation[0] < belief.deviation[1]


def test_a_network_that_learnt_nothing_does_not_hide_the_others():
    places = np.linspace(0, 3, 13)[:, None]
    losses = 1.5 + np.sin(places[:, 0])
    losses[6] = 1e6
    believed = LossModel(places, losses).believe(np.array([[0.25], [2.75]]))
    assert np.exp(believed.mean) == pytest.approx([1.75, 1.88], rel=0.35)


@pytest.mark.parametrize("losses", [[0.5, 0.7], [0.5, 0.5], [0.5], [0.0, 0.5]], ids=str)
def test_a_model_of_two_networks_or_of_equal_ones_believes_something(losses: list[float]):
    model = LossModel(np.arange(len(losses))[:, None].astype(float), np.array(losses))
    belief = model.believe(np.array([[0.5], [7.0]]))
    assert np.isfinite(belief.mean).all()
    assert np.isfinite(belief.deviation).all()
    assert (belief.deviation > 0).all()


def test_scores_that_are_no_numbers_leave_the_others_to_go_by():
    controller = on_a_line(2)
    asked: list[Genotype] = []
    for _ in range(8):
        for genotype in controller.ask(4):
            failed = genotype.genes[0] % 3 == 0
            controller.tell(genotype, (math.nan if failed else loss(genotype), genotype.genes[0] / 60))
            asked.append(genotype)
    assert len(set(asked)) == 32
    assert max(genotype.genes[0] for genotype in asked) >= 55  # where the least loss is


def test_an_encoding_has_one_length_and_tells_networks_apart():
    vectors = [encoding(random_network_graph(seed)) for seed in range(30)]
    assert {len(vector) for vector in vectors} == {2 + LEVELS + LEVELS * len(SORTS)}
    assert len({tuple(vector) for vector in vectors}) == 30
