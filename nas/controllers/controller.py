"""What every search strategy offers: it is asked for genotypes and told what they scored."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nas.controllers.excess import Excess
from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched, and what may be known of genotypes before they are scored.

    `costs` are all objectives but the first, (genotypes, `objective_count` - 1), as they are told later;
    `encode` gives vectors, (genotypes, features), in which networks that are alike are near one another.
    """

    space: SearchSpace
    excess: Excess
    rng: random.Random
    objective_count: int
    costs: Callable[[Sequence[Genotype]], NDArray[np.float64]]
    encode: Callable[[Sequence[Genotype]], NDArray[np.float64]]


class Controller(Protocol):
    """An ask/tell object over one space, deterministic in its `random.Random` and in what it is told.

    A new controller with the same seed that is asked and told the same asks the same genotypes: a search is
    resumed by playing its trials back.
    """

    def ask(self, count: int) -> list[Genotype]:
        """At most `count` genotypes to score, each within budget and never asked before.

        Fewer than `count`, or none, says that nothing new was found within the controller's bounds.

        Raises:
            InfeasibleBudget: nothing in the space fits.
        """
        ...

    def tell(self, genotype: Genotype, objectives: tuple[float, ...]) -> None:
        """What an asked genotype scored, every objective minimised.

        A NaN or infinite objective says that the genotype failed: it is never a parent.

        Raises:
            ValueError: the genotype does not wait for a score, or the number of objectives has changed.
        """
        ...
