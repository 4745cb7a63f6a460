"""How well the ways of ranking did against the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from studies.ranking.networks import Ranked
from studies.ranking.reference import Trained, final_accuracies, final_losses
from studies.ranking.scores import Scored

TOP = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One way with one seed.

    `tau` is Kendall's with the reference's loss over the networks of all sizes, `tau_equal_size` over those
    of one size. `top5_regret` is what the best of the five that the way holds for best is less accurate, in
    the reference, than the best there is. `core_minutes` are for all networks together.
    """

    way: str
    seed: int
    tau: float
    tau_equal_size: float
    top5_regret: float
    core_minutes: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's tau between the reference's two seeds, in the two groups of networks."""

    spread: float
    equal: float


def reference_agreement(networks: Sequence[Ranked], reference: Sequence[Trained]) -> Agreement:
    """How far the reference itself can be trusted."""
    first, second = final_losses(reference, 0), final_losses(reference, 1)
    spread, equal = (_tau(_group(networks, group), first, second) for group in ("spread", "equal"))
    return Agreement(spread, equal)


def judge(networks: Sequence[Ranked], reference: Sequence[Trained], scores: Sequence[Scored]) -> list[Judged]:
    """Sizes first, then every way and seed that has scored all networks that have a reference."""
    known = final_losses(reference)
    networks = [one for one in networks if one.digest in known]
    counted = [
        _judged(networks, reference, name, 0, {one.digest: -float(size(one)) for one in networks}, 0.0)
        for name, size in (("parameters", lambda one: one.parameters), ("MACs", lambda one: one.macs))
    ]
    keyed = sorted(scores, key=lambda row: (row.way, row.seed))
    measured = []
    for (way, seed), grouped in groupby(keyed, key=lambda row: (row.way, row.seed)):
        rows = list(grouped)
        if len({row.shared_seconds for row in rows}) > 1:
            raise ValueError(f"rows of {way!r} with seed {seed} are of several supernets: measure them anew")
        losses = {row.digest: row.loss if np.isfinite(row.loss) else np.inf for row in rows}
        if set(losses) >= {one.digest for one in networks}:
            minutes = (sum(row.seconds for row in rows) + rows[0].shared_seconds) / 60
            measured.append(_judged(networks, reference, way, seed, losses, minutes))
    return [*counted, *measured]


def _judged(
    networks: Sequence[Ranked],
    reference: Sequence[Trained],
    way: str,
    seed: int,
    losses: Mapping[str, float],
    core_minutes: float,
) -> Judged:
    worth, accuracies = final_losses(reference), final_accuracies(reference)
    best = sorted(networks, key=lambda one: losses[one.digest])[:TOP]
    regret = max(accuracies.values()) - max(accuracies[one.digest] for one in best)
    spread, equal = (_tau(_group(networks, group), losses, worth) for group in ("spread", "equal"))
    return Judged(way, seed, spread, equal, regret, core_minutes)


def _group(networks: Sequence[Ranked], group: str) -> list[str]:
    return [one.digest for one in networks if one.group == group]


def _tau(digests: Sequence[str], first: Mapping[str, float], second: Mapping[str, float]) -> float:
    both = [digest for digest in digests if digest in first and digest in second]
    if len(both) < 2:
        return math.nan
    result: Any = kendalltau([first[one] for one in both], [second[one] for one in both])
    return float(result.statistic)
