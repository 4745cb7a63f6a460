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
    """Parts of a run's minutes; semifinals and finalists get the rest. A phase of no part is left out."""

    supernet: float
    anchors: float
    search: float


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """How candidates are scored.

    A score that trains every candidate, for `ScoringContext.steps` steps, says how many `candidates` there
    are to be in 20 core-minutes of search; one that does not train says 0, and scores what it can.
    """

    score: ScoreOf
    shares: Shares
    candidates: int = 0

    @property
    def trains(self) -> bool:
        """Whether candidates are trained."""
        return self.candidates > 0
