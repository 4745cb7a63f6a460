from __future__ import annotations

import random

import pytest

from nas.controllers.gp import Gp
from nas.controllers.pool import Pool
from nas.controllers.random_search import RandomSearch
from tests.nas.controllers.covering import EXCESS, SPACE, covered, objectives


def test_what_is_asked_for_after_the_beginning_is_out_of_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    offered = [genotype for genotype in (SPACE.sample(rng) for _ in range(400)) if EXCESS(genotype) <= 0]
    monkeypatch.setattr(
        Pool, "candidates", lambda _, __, seen, ___: [one for one in offered if one not in seen]
    )
    controller = Gp(SPACE, EXCESS, random.Random(0), startup=8)
    for turn in range(6):
        for genotype in controller.ask(4):
            assert turn < 2 or genotype in offered
            controller.tell(genotype, objectives(genotype))


def test_gaussian_processes_cover_clearly_more_than_random_search_does() -> None:
    ours = [covered(Gp(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    assert sum(ours) > 1.08 * sum(chance)
