import statistics
from pathlib import Path

import pytest

from nas.phases.anchors import read_anchors
from nas.phases.architecture_search import complete_trials
from nas.problem import pose
from nas.run_files.finished import read_cards
from nas.run_files.run_folder import RunFolder
from tests.nas.report.pages import Page
from tests.nas.small_study import small_study


@pytest.fixture(scope="module")
def page(finished_run: Path) -> Page:
    return Page((finished_run / "report.html").read_text(encoding="utf-8"))


def test_every_finalist_stands_at_the_score_on_its_card(finished_run: Path, page: Page):
    scores = {card["digest"]: card["score"]["expected_loss"] for card in read_cards(RunFolder(finished_run))}
    shown = {
        row[0]: loss for row, loss in zip(page.data["finalists"], page.data["expectedLosses"], strict=True)
    }
    assert shown == pytest.approx(scores, rel=1e-4)


def test_the_anchors_of_the_run_stand_at_the_loss_that_they_were_trained_to(finished_run: Path, page: Page):
    trained = {anchor.digest: anchor.trained_loss for anchor in read_anchors(RunFolder(finished_run))}
    assert {digest: loss for digest, _, loss in page.data["anchors"]} == pytest.approx(trained, rel=1e-4)


def test_the_corner_lies_at_a_high_score_and_a_thousandth_beyond_the_budget(finished_run: Path, page: Page):
    trials = complete_trials(pose(small_study()), RunFolder(finished_run)) or []
    high = statistics.quantiles((trial.objectives[0] for trial in trials), n=10, method="inclusive")[8]
    assert f"up to the corner at a loss of {high:.4g} (worse than nine of ten scores)" in page.text
    # 2,000 * 1.001 and 16,000 * 1.001
    assert (
        "activations 2,002 B (2.0 KiB), flash 16,016 B (15.6 KiB) (the budget and a thousandth more)"
        in page.text
    )


def test_the_page_says_which_controller_searched_and_how_it_scored(page: Page):
    assert page.data["controller"] == small_study().controller
    assert page.data["usesSupernet"] is True
    assert (
        "an int8 validation loss taken with the supernet's shared weights, then put through a rule"
        in page.text
    )
