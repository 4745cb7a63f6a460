import pytest

from nas.scores import inherited, trained, tuned
from nas.scores.by_name import UnknownScore, score_rule


def test_a_score_has_the_name_of_its_file():
    assert score_rule("inherited") is inherited.RULE
    assert score_rule("tuned") is tuned.RULE
    assert score_rule("trained") is trained.RULE


def test_only_scores_that_train_candidates_say_so():
    assert not score_rule("inherited").trains
    assert score_rule("tuned").trains
    assert score_rule("trained").trains


@pytest.mark.parametrize("name", ["trainde", "context", "rule", ""])
def test_an_unknown_score_is_answered_with_those_there_are(name: str):
    with pytest.raises(UnknownScore, match=r"is not known; .*(trained|inherited)"):
        score_rule(name)
