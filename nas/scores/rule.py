"""What a way of scoring is: its function, and how it would have a run's time shared out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas.scores.context import ScoringContext
from nas.training.evaluate import Score
from search_spaces.graph import Graph

ScoreOf = Callable[[ScoringContext, Graph], Score]


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of a run's minutes; finalists get the rest. A phase whose part is 0 is left out."""

    supernet: float
    anchors: float
    search: float


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """`trains` says that every candidate is trained for `ScoringContext.steps` steps."""

    score: ScoreOf
    shares: Shares
    trains: bool
