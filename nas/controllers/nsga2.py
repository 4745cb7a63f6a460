"""NSGA-II, as Optuna runs it, over genes.

Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II"; the sampler is
`optuna.samplers.NSGAIISampler` with its own uniform crossover and mutation. A proposal that does not
fit or was asked before enters no generation.
"""

from __future__ import annotations

import random

from optuna.distributions import IntDistribution
from optuna.samplers import NSGAIISampler

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.optuna_search import OptunaSearch
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

# Of the sizes tried on a synthetic architecture problem the one with the largest hypervolume at 200 trials.
POPULATION_SIZE = 20


class Nsga2(OptunaSearch):
    """The first generation is random genotypes that fit; children that do not fit are asked for again.

    Raises:
        ValueError: fewer than one objective or two members.
    """

    def __init__(
        self,
        space: SearchSpace,
        excess: Excess,
        rng: random.Random,
        *,
        objective_count: int = 2,
        population_size: int = POPULATION_SIZE,
    ) -> None:
        if objective_count < 1 or population_size < 2:
            raise ValueError(
                "NSGA-II needs at least one objective and a population of two, "
                f"got {objective_count} and {population_size}"
            )
        super().__init__(
            space,
            excess,
            rng,
            NSGAIISampler(population_size=population_size, seed=rng.getrandbits(32)),
            lambda choices: IntDistribution(0, choices - 1),
            objective_count=objective_count,
            startup=population_size,
        )

    def _enter(self, genotype: Genotype | None) -> Genotype | None:
        """Makes a genotype found elsewhere one of the generation that Optuna is filling.

        Optuna 5.0 notes a trial's generation as it reads `relative_params`, which it never does where all
        parameters are given: such a trial would be no one's parent.
        """
        entered = super()._enter(genotype)
        if entered is not None:
            _ = self._waiting[entered].relative_params
        return entered


def controller(search: Search) -> Nsga2:
    """As a study names it."""
    return Nsga2(search.space, search.excess, search.rng, objective_count=search.objective_count)
