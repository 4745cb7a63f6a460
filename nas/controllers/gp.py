"""Bayesian optimization with Gaussian processes, as Optuna fits them, over genes.

The sampler is `optuna.samplers.GPSampler`: a Matern 5/2 kernel with a length a gene, one process an
objective, and the logarithm of the expected hypervolume improvement where there are several (Daulton et al.
2020, "Differentiable expected hypervolume improvement", section 3; Ament et al. 2023, "Unexpected
improvements to expected improvement", section 3).

Optuna looks for the improvement's maximum coordinate by coordinate, among networks that do not fit too: with
22 genes and 2 objectives that took 2 s of one core a genotype after 10 scores. So it is looked for among some
hundreds of genotypes that do fit (`Pool`). It remains the slowest of the controllers to ask: fit for hundreds
of trials, not for thousands.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from optuna.samplers import GPSampler
from optuna.trial import FrozenTrial

from nas.controllers.controller import Search
from nas.controllers.excess import Excess
from nas.controllers.optuna_search import OptunaSearch, without_order
from nas.controllers.pool import Pool
from nas.parallel.one_thread import one_thread
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

if TYPE_CHECKING:
    from optuna._gp.acqf import BaseAcquisitionFunc  # imports torch

# Optuna's own default.
STARTUP = 10
DRAWS = 32
"""Of what the processes believe of genotypes that wait; Optuna draws 128, and cuts the space at each."""


class _BestOfCandidates(GPSampler):
    """Proposes the best of `candidates`, parameters of genotypes, instead of the best of all there is."""

    def __init__(self, startup: int, seed: int) -> None:
        super().__init__(n_startup_trials=startup, seed=seed, warn_independent_sampling=False)
        self.candidates: list[dict[str, int]] = []
        assert hasattr(self, "_n_qmc_samples_ehvi"), "Optuna names it otherwise now"
        self._n_qmc_samples_ehvi = DRAWS

    def _optimize_acqf(
        self,
        acqf: BaseAcquisitionFunc,
        best_params: NDArray[np.float64] | None,  # noqa: ARG002 - where Optuna would begin
    ) -> NDArray[np.float64]:
        """Optuna offers this method to whoever wants another optimizer, and promises nothing of it."""
        counted = cast("list[FrozenTrial]", self.candidates)  # only its length is looked at
        points = acqf.search_space.get_normalized_params(counted, self.candidates)
        return points[int(np.argmax(acqf.eval_acqf_no_grad(points)))]


class Gp(OptunaSearch):
    """The processes are fitted after `startup` random genotypes that fit."""

    def __init__(
        self,
        space: SearchSpace,
        excess: Excess,
        rng: random.Random,
        *,
        objective_count: int = 2,
        startup: int = STARTUP,
    ) -> None:
        self._pool = Pool(space, excess)
        self._offered: list[Genotype] = []
        self._best_of = _BestOfCandidates(startup, rng.getrandbits(32))
        super().__init__(
            space,
            excess,
            rng,
            self._best_of,
            without_order,
            objective_count=objective_count,
            startup=startup,
            reasks=1,
        )

    def ask(self, count: int) -> list[Genotype]:
        """See `Controller.ask`; those that are asked for together are picked out of the same candidates."""
        self._offered = []
        with one_thread():
            return super().ask(count)

    def _child(self) -> Genotype | None:
        seen = self._ledger.asked
        left = [genotype for genotype in self._offered if genotype not in seen]
        self._offered = left or self._pool.candidates(self._front(), seen, self._rng)
        self._best_of.candidates = [self._params(genotype) for genotype in self._offered]
        return super()._child() if self._offered else None


def controller(search: Search) -> Gp:
    """As a study names it."""
    return Gp(search.space, search.excess, search.rng, objective_count=search.objective_count)
