"""How far two orders of the same things agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scipy.stats import kendalltau


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's tau-b: 1 where both rise together, -1 where one falls as the other rises.

    NaN where one of them is the same for all. Ties are allowed for (Kendall 1945, "The treatment of ties
    in ranking problems").
    """
    result: Any = kendalltau(first, second)  # scipy's own annotation of it is empty
    return float(result.statistic)
