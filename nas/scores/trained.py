"""A little training of its own from random weights: what it has learnt by then foretells what it will."""

from __future__ import annotations

import math

from nas.networks.weight_bank import WeightBank
from nas.scores.context import ScoringContext, int8_score
from nas.scores.rule import ScoreRule, Shares
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.divergence import TrainingDiverged
from nas.training.evaluate import Score
from search_spaces.graph import Graph


def score(context: ScoringContext, graph: Graph) -> Score:
    """Of the network after `context.steps` steps."""
    bank = WeightBank.initialized([graph], context.stream.seed)
    try:
        train_alone(graph, bank, context.stream, Allowance(steps=context.steps), context.loss)
    except TrainingDiverged:
        return Score(math.nan, 0.0)
    return int8_score(context, graph, bank)


RULE = ScoreRule(score, Shares(supernet=0.0, anchors=0.09, search=0.2), candidates=200)
