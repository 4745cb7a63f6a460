from __future__ import annotations

import random

from nas.controllers.gp import Gp
from nas.controllers.random_search import RandomSearch
from tests.nas.controllers.covering import EXCESS, SPACE, covered


def test_gaussian_processes_cover_clearly_more_than_random_search_does() -> None:
    ours = [covered(Gp(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 28) for seed in range(2)]
    assert sum(ours) > 1.08 * sum(chance)
