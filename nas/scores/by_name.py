"""Finds a way of scoring by the name of its file: `nas/scores/inherited.py` is `inherited`."""

from __future__ import annotations

from typing import cast

from constraints.nearest import suggest
from nas import scores
from nas.named_modules import find_part, part_names
from nas.scores.rule import ScoreRule

OFFERS = "RULE"


class UnknownScore(ValueError):
    """No file of that name scores."""


def score_rule(name: str) -> ScoreRule:
    """The way of scoring of that name.

    Raises:
        UnknownScore: there is none.
    """
    known = part_names(scores, OFFERS)
    if name not in known:
        raise UnknownScore(f"score {name!r} is not known; {suggest(name, known)}")
    return cast(ScoreRule, find_part(scores, OFFERS, name))
