"""A little training of its own that starts from the supernet's weights."""

from __future__ import annotations

import math

from nas.scores.context import ScoringContext, int8_score
from nas.scores.rule import ScoreRule, Shares
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.divergence import TrainingDiverged
from nas.training.evaluate import Score
from search_spaces.graph import Graph


def score(context: ScoringContext, graph: Graph) -> Score:
    """Of a copy of the sub-network after `context.steps` steps; the supernet keeps its weights."""
    bank = context.bank.sliced(graph)
    try:
        train_alone(graph, bank, context.stream, Allowance(steps=context.steps), context.loss)
    except TrainingDiverged:
        return Score(math.nan, 0.0)
    return int8_score(context, graph, bank)


RULE = ScoreRule(score, Shares(supernet=0.1, anchors=0.07, search=0.09), candidates=300)
