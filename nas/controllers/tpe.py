"""TPE, multivariate and for several objectives, as Optuna runs it, over genes.

Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4; with all parameters
drawn together, Falkner et al. 2018, "BOHB", section 3.2; with several objectives Ozaki et al. 2022,
"Multiobjective tree-structured Parzen estimator", section 4: the good trials are those of the first fronts.
The sampler is `optuna.samplers.TPESampler`.

Genes are categories. As integers, where a kernel spreads over neighbours, they did worse: on a synthetic
problem over `tiny_images` 100 trials covered .58 of the reference box, as categories .66 (3 seeds each).
"""

from __future__ import annotations

import random

from optuna.samplers import TPESampler

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.optuna_search import OptunaSearch, without_order
from search_spaces.space import SearchSpace

# Optuna's own default.
STARTUP = 10


class Tpe(OptunaSearch):
    """The good and the bad are modelled after `startup` random genotypes that fit.

    Genotypes that wait for their score count as bad ones, so that a batch is not all of one place.
    """

    def __init__(
        self,
        space: SearchSpace,
        excess: Excess,
        rng: random.Random,
        *,
        objective_count: int = 2,
        startup: int = STARTUP,
    ) -> None:
        super().__init__(
            space,
            excess,
            rng,
            TPESampler(
                multivariate=True, n_startup_trials=startup, seed=rng.getrandbits(32), constant_liar=True
            ),
            without_order,
            objective_count=objective_count,
            startup=startup,
        )


def controller(search: Search) -> Tpe:
    """As a study names it."""
    return Tpe(search.space, search.excess, search.rng, objective_count=search.objective_count)
