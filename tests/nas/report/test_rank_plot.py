import math
from dataclasses import replace

import pytest

from nas.report.data import Scoring
from nas.report.html import write_html
from tests.nas.report.pages import Page
from tests.nas.report.reports import anchors, ranked, report

LOSSES = (0.5, 0.4, 0.3, 0.2, 0.1)


def test_each_finalist_carries_the_loss_that_it_was_scored_by_in_the_order_of_the_finalists():
    data = ranked((0.5, 0.4, 0.3), (0.7, 0.8, 0.9))
    first = replace(data.finalists[0], on_front=False, why_not="dominated")
    page = Page(write_html(replace(data, finalists=[first, *data.finalists[1:]])))
    assert [row[0] for row in page.data["finalists"]] == [data.finalists[place].digest for place in (1, 2, 0)]
    assert page.data["expectedLosses"] == [0.4, 0.3, 0.5]


@pytest.mark.parametrize(
    ("accuracies", "tau"),
    [
        ((0.5, 0.6, 0.7, 0.8, 0.9), "1.00"),
        ((0.9, 0.8, 0.7, 0.6, 0.5), "−1.00"),
        # One of ten pairs in the other order: (9 - 1) / 10.
        ((0.5, 0.6, 0.7, 0.9, 0.8), "0.80"),
    ],
)
def test_the_caption_says_how_well_low_losses_foretold_high_accuracies(
    accuracies: tuple[float, ...], tau: str
):
    assert f"Kendall's tau over 5 finalists: {tau} (" in Page(write_html(ranked(LOSSES, accuracies))).text


def test_beside_the_score_stands_what_counting_multiply_accumulates_is_worth():
    data = ranked(LOSSES, (0.5, 0.6, 0.7, 0.8, 0.9))
    sized = [replace(one, macs=1_000 - place) for place, one in enumerate(data.finalists)]
    assert "Counting" not in Page(write_html(data)).text
    text = Page(write_html(replace(data, finalists=sized))).text
    assert "Counting multiply-accumulates, more being better, gives −1.00." in text


def test_of_four_finalists_no_order_is_claimed():
    text = Page(write_html(ranked(LOSSES[:4], (0.5, 0.6, 0.7, 0.8)))).text
    assert "4 finalists: too few to tell how well the score ranks." in text
    assert "tau" not in text


def test_finalists_that_all_reach_the_same_have_no_tau():
    text = Page(write_html(ranked(LOSSES, [0.9] * 5))).text
    assert "Over 5 finalists there is no Kendall's tau" in text


def test_a_finalist_without_a_score_is_left_out_and_counted():
    page = Page(write_html(ranked((*LOSSES, None, float("nan")), (0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2))))
    assert page.data["expectedLosses"][5:] == [None, None]
    assert "2 finalists without a score on record left out. Kendall's tau over 5 finalists: 1.00" in page.text


def test_without_any_score_nothing_is_said_of_its_order():
    assert "Kendall" not in Page(write_html(ranked([None] * 5, LOSSES))).text


def test_what_no_runtime_executed_is_called_simulated():
    text = Page(write_html(ranked(LOSSES, LOSSES, executed=False))).text
    assert "after training to the end, simulated, since no runtime executed them." in text
    data = ranked(LOSSES, LOSSES)
    mixed = [replace(data.finalists[0], executed=False), *data.finalists[1:]]
    text = Page(write_html(replace(data, finalists=mixed))).text
    assert "after training to the end, measured for 4 of 5, simulated for the others." in text


def test_wherever_scores_stand_the_page_says_how_they_were_taken():
    how = "after 96 training steps from <random> weights"
    page = Page(write_html(replace(ranked(LOSSES, LOSSES), scoring=Scoring(how, uses_supernet=False))))
    assert f"an int8 validation loss taken {how}. Up" in page.text
    assert f"Judged {how}, in int8" in page.text
    assert all(how in axis["known"] for axis in page.data["y"] if axis["key"] in ("val_accuracy", "loss"))
    assert "shared weights" not in page.text
    assert page.data["usesSupernet"] is False


def test_anchors_have_a_figure_and_an_order_of_their_own():
    data = replace(report(), anchors=anchors((0.5, 0.4, 0.3, 0.2, 0.1), (0.9, 0.8, 0.7, 0.5, 0.6)))
    page = Page(write_html(data))
    assert page.data["anchors"][0] == ["anchor0", 0.5, 0.9]
    assert "Squares: 5 anchors, networks from middling to the largest size" in page.text
    assert "Circles" not in page.text
    # One of ten pairs in the other order: (9 - 1) / 10.
    assert "Kendall's tau over 5 anchors: 0.80 (" in page.text


def test_semifinalists_stand_beside_the_anchors_with_an_order_of_their_own():
    both = {
        "anchors": anchors(LOSSES, (0.9, 0.8, 0.7, 0.5, 0.6)),
        "semifinals": anchors(LOSSES, (0.1, 0.2, 0.3, 0.4, 0.5)),
    }
    page = Page(write_html(replace(report(), **both)))
    assert page.data["semifinals"][1] == ["anchor1", 0.4, 0.2]
    assert "Circles: 5 semifinalists" in page.text
    assert "Kendall's tau over 5 semifinalists: −1.00 (" in page.text
    alone = Page(write_html(replace(report(), semifinals=both["semifinals"])))
    assert "Squares" not in alone.text
    assert "Circles: 5 semifinalists" in alone.text


def test_semifinalists_whose_training_blew_up_are_counted_and_not_drawn():
    losses = (0.1, math.nan, 0.3, 0.4, 0.5, 0.6)
    page = Page(write_html(replace(report(), semifinals=anchors((0.6, 0.5, 0.4, 0.3, 0.2, 0.1), losses))))
    assert [row[0] for row in page.data["semifinals"]] == [f"anchor{n}" for n in (0, 2, 3, 4, 5)]
    assert "Circles: 5 semifinalists" in page.text
    assert "Training of 1 more blew up. Kendall's tau over 5 semifinalists: −1.00 (" in page.text


def test_a_score_without_anchors_says_nothing_of_them():
    page = Page(write_html(report()))
    assert page.data["anchors"] == page.data["semifinals"] == []
    assert "anchor" not in page.text.lower()
    assert "trained briefly" not in page.text.lower()


def test_where_the_best_of_several_seeds_was_kept_the_page_says_so():
    text = Page(write_html(replace(ranked(LOSSES, LOSSES), seeds=3))).text
    assert "after training to the end (of 3 seeds the one best at it), measured" in text
