"""What controllers that ask a sampler of Optuna share: genotypes as trials of a study, and what does not fit.

The encoding is flat: every gene is a parameter of every trial, whether its network uses it or not, so that a
sampler always has one space with all parameters in it. A parameter's values are the places among the gene's
allowed choices.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import TrialState

from nas.controllers.excess import Excess
from nas.controllers.feasible import FeasibleSampler
from nas.controllers.ledger import Ledger
from nas.pareto import non_dominated
from nas.trial_log.quiet_optuna import quiet_optuna
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

REASKS = 16


class OptunaSearch:
    """The first `startup` genotypes are random ones that fit; then each is a child: what Optuna proposes.

    A proposal that does not fit or was asked before is told to Optuna as failed, reaches no scorer, and is
    asked for again; after `reasks` misses in a row the child is a mutant of the front instead.
    """

    def __init__(
        self,
        space: SearchSpace,
        excess: Excess,
        rng: random.Random,
        optuna_sampler: BaseSampler,
        parameter_of: Callable[[int], BaseDistribution],
        *,
        objective_count: int,
        startup: int,
        reasks: int = REASKS,
    ) -> None:
        """`parameter_of` says what Optuna makes of a gene with so many choices."""
        self._sampler = FeasibleSampler(space, excess)
        self._rng = rng
        self._ledger = Ledger()
        self._objective_count = objective_count
        self._startup = startup
        self._reasks = reasks
        self._waiting: dict[Genotype, optuna.Trial] = {}
        self._scores: dict[Genotype, tuple[float, ...]] = {}
        self._distributions: dict[str, BaseDistribution] = {
            gene.name: parameter_of(len(choices))
            for gene, choices in zip(space.genes, space.allowed, strict=True)
        }
        with quiet_optuna():
            self._study = optuna.create_study(
                directions=[StudyDirection.MINIMIZE] * objective_count,
                sampler=optuna_sampler,
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
        if len(seen) < self._startup or not self._scores:
            return self._enter(self._sampler.draw_new(seen, self._rng))
        child = self._child()
        if child is not None:
            return child
        mutant = self._sampler.mutant_of_any(self._front(), seen, self._rng)
        return self._enter(mutant or self._sampler.draw_new(seen, self._rng))

    def _child(self) -> Genotype | None:
        """What Optuna proposes, if within `reasks` tries that fits and is new."""
        for _ in range(self._reasks):
            trial = self._study.ask(self._distributions)
            genotype = self._genotype(trial)
            if genotype not in self._ledger.asked and self._sampler.fits(genotype):
                self._waiting[genotype] = trial
                return genotype
            self._study.tell(trial, state=TrialState.FAIL)
        return None

    def _enter(self, genotype: Genotype | None) -> Genotype | None:
        """Makes a genotype found elsewhere a trial of the study."""
        if genotype is not None:
            self._study.enqueue_trial(self._params(genotype))
            self._waiting[genotype] = self._study.ask(self._distributions)
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


def without_order(choices: int) -> CategoricalDistribution:
    """A gene as Optuna sees it, no choice nearer to one than to another: most genes are kinds of block."""
    return CategoricalDistribution(tuple(range(choices)))
