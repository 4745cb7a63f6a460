"""The supernet's weights as they are: a second a candidate."""

from __future__ import annotations

from nas.scores.context import ScoringContext, int8_score
from nas.scores.rule import ScoreRule, Shares
from nas.training.evaluate import Score
from search_spaces.graph import Graph


def score(context: ScoringContext, graph: Graph) -> Score:
    """Of the sub-network."""
    return int8_score(context, graph, context.bank)


RULE = ScoreRule(score, Shares(supernet=0.16, anchors=0.08, search=0.06))
