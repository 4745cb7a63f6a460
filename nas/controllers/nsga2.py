"""NSGA-II, as Optuna runs it, over genes.

Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II"; the sampler is
`optuna.samplers.NSGAIISampler` with its own uniform crossover and mutation. A proposal that does not
fit or was asked before is told to it as failed: it enters no generation and reaches no scorer.
"""

from __future__ import annotations

import random

import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import NSGAIISampler
from optuna.study import StudyDirection
from optuna.trial import TrialState

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.controllers.ledger import Ledger
from nas.pareto import non_dominated
from nas.quiet_optuna import quiet_optuna
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

# Of the sizes tried on a synthetic architecture problem the one with the largest hypervolume at 200 trials.
POPULATION_SIZE = 20
REASKS = 16


class Nsga2:
    """The first generation is random genotypes that fit; children that do not fit are asked for again.

    After `REASKS` misses in a row the child is a mutant of the front instead.

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
        self._sampler = FeasibleSampler(space, excess)
        self._rng = rng
        self._ledger = Ledger()
        self._objective_count = objective_count
        self._population_size = population_size
        self._waiting: dict[Genotype, optuna.Trial] = {}
        self._scores: dict[Genotype, tuple[float, ...]] = {}
        self._distributions: dict[str, BaseDistribution] = {
            gene.name: IntDistribution(0, len(choices) - 1)
            for gene, choices in zip(space.genes, space.allowed, strict=True)
        }
        with quiet_optuna():
            self._study = optuna.create_study(
                directions=[StudyDirection.MINIMIZE] * objective_count,
                sampler=NSGAIISampler(population_size=population_size, seed=rng.getrandbits(32)),
            )

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`."""
        return self._ledger.collect(count, self._propose)

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """See `Controller.tell`."""
        if len(objectives) != self._objective_count:
            raise ValueError(f"every score must hold {self._objective_count} objectives, got {objectives}")
        usable = self._ledger.settle(genotype, objectives)
        trial = self._waiting.pop(genotype)
        if usable:
            self._scores[genotype] = objectives
            self._study.tell(trial, objectives)
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def _propose(self) -> Genotype | None:
        seen = self._ledger.asked
        if len(seen) < self._population_size or not self._scores:
            return self._enter(self._sampler.draw_new(seen, self._rng))
        child = self._child()
        if child is not None:
            return child
        mutant = self._sampler.mutant_of_any(self._front(), seen, self._rng)
        return self._enter(mutant or self._sampler.draw_new(seen, self._rng))

    def _child(self) -> Genotype | None:
        """What Optuna proposes, if within `REASKS` tries that fits and is new."""
        for _ in range(REASKS):
            trial = self._study.ask(self._distributions)
            genotype = self._genotype(trial)
            if genotype not in self._ledger.asked and self._sampler.fits(genotype):
                self._waiting[genotype] = trial
                return genotype
            self._study.tell(trial, state=TrialState.FAIL)
        return None

    def _enter(self, genotype: Genotype | None) -> Genotype | None:
        """Makes a genotype found elsewhere one of the generation that Optuna is filling.

        Optuna 5.0 notes a trial's generation as it reads `relative_params`, which it never does where all
        parameters are given: such a trial would be no one's parent.
        """
        if genotype is not None:
            self._study.enqueue_trial(self._params(genotype))
            trial = self._study.ask(self._distributions)
            _ = trial.relative_params
            self._waiting[genotype] = trial
        return genotype

    def _front(self) -> list[Genotype]:
        genotypes = list(self._scores)
        return [genotypes[index] for index in non_dominated(list(self._scores.values()))]

    def _genotype(self, trial: optuna.Trial) -> Genotype:
        space = self._sampler.space
        places = zip(space.genes, space.allowed, strict=True)
        return space.canonical([choices[trial.params[gene.name]] for gene, choices in places])

    def _params(self, genotype: Genotype) -> dict[str, int]:
        """Each gene's position among its allowed choices; an inactive gene's 0 may not be one of them."""
        space = self._sampler.space
        places = zip(space.genes, space.allowed, genotype.genes, strict=True)
        return {gene.name: choices.index(value) if value in choices else 0 for gene, choices, value in places}


def controller(search: Search) -> Nsga2:
    """As a study names it."""
    return Nsga2(search.space, search.excess, search.rng, objective_count=search.objective_count)
