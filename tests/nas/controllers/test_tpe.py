from __future__ import annotations

import random

from nas.controllers.random_search import RandomSearch
from nas.controllers.tpe import Tpe
from tests.nas.controllers.covering import EXCESS, SPACE, covered


def test_tpe_covers_clearly_more_than_random_search_does() -> None:
    ours = [covered(Tpe(SPACE, EXCESS, random.Random(seed)), 80) for seed in range(2)]
    chance = [covered(RandomSearch(SPACE, EXCESS, random.Random(seed)), 80) for seed in range(2)]
    assert sum(ours) > 1.08 * sum(chance)
