import time

import pytest

from nas.study import Steps, Study
from nas.time_plan import CLOSING_SECONDS, LEAST_FINALIST_SHARE, TimePlan

MINUTES = Study("study", "digits", minutes=10.0, score="inherited")
STEPS = Study("study", "digits", minutes=None, steps=Steps(supernet=300, trials=40, finalist=200))


def test_with_steps_the_phases_get_their_steps_and_no_clock_has_a_say():
    plan = TimePlan(STEPS)
    assert plan.supernet().steps == 300
    assert plan.search().steps == 40
    assert plan.anchors().steps == 50
    assert [each.steps for each in plan.semifinals()] == [25, 50]
    assert plan.teachers().steps == 50
    assert plan.end is None
    assert plan.finalists(exam_seconds=1000.0) is None


def test_minutes_are_shared_out_and_the_finalists_get_what_is_left():
    plan = TimePlan(MINUTES)
    before = [
        plan.supernet().seconds,
        plan.anchors().seconds,
        plan.search().seconds,
        *(each.seconds for each in plan.semifinals()),
        plan.teachers().seconds,
    ]
    assert all(seconds is not None and seconds > 0 for seconds in before)
    taken = sum(seconds or 0.0 for seconds in before)
    assert taken < 0.75 * 600
    late = TimePlan(MINUTES, began=time.monotonic() - taken)
    left = late.finalists(exam_seconds=30.0)
    # Before, the finalists, the exam and the closing make up the ten minutes.
    assert left == pytest.approx(600 - taken - 30 - CLOSING_SECONDS, abs=0.5)


def test_what_an_interrupted_session_has_used_is_not_given_out_again():
    fresh, resumed = TimePlan(MINUTES), TimePlan(MINUTES, before=200.0)
    assert fresh.end is not None
    assert resumed.end is not None
    assert fresh.end - resumed.end == pytest.approx(200.0, abs=0.5)
    first, second = fresh.finalists(10.0), resumed.finalists(10.0)
    assert first is not None
    assert second is not None
    assert first - second == pytest.approx(200.0, abs=0.5)


def test_late_semifinals_leave_most_of_the_time_to_the_finalists():
    on_time, late = TimePlan(MINUTES), TimePlan(MINUTES, began=time.monotonic() - 500.0)
    assert [each.seconds for each in on_time.semifinals()] == pytest.approx([0.08 * 600] * 2)
    assert [each.seconds for each in late.semifinals()] == pytest.approx([0.15 * 100] * 2, abs=0.5)
    gone = TimePlan(MINUTES, began=time.monotonic() - 5000.0)
    assert [each.seconds for each in gone.semifinals()] == [0.0, 0.0]


def test_a_search_that_is_late_leaves_time_to_what_comes_after_it():
    late = TimePlan(MINUTES, before=580.0)
    for allowance in (late.supernet(), late.anchors(), late.search()):
        assert allowance.seconds == pytest.approx(0.6 * 20, abs=0.5)
    assert TimePlan(MINUTES, before=5000.0).search().seconds == 0.0


def test_finalists_get_their_least_share_even_where_all_the_time_is_gone():
    late = TimePlan(MINUTES, began=time.monotonic() - 5000.0)
    assert late.finalists(exam_seconds=30.0) == LEAST_FINALIST_SHARE * 600


def test_a_score_that_shares_no_weights_leaves_the_supernet_no_time():
    plan = TimePlan(Study("study", "digits", minutes=10.0, score="trained"))
    assert plan.supernet().seconds == 0
    assert plan.search().seconds == pytest.approx(0.2 * 600)
