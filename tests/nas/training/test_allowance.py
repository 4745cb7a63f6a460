import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.training.allowance import Allowance, Progress
from nas.training.schedule import learning_rate


def test_an_allowance_is_of_steps_or_of_seconds_and_never_of_both_or_neither():
    with pytest.raises(
        ValueError, match="either steps or seconds of training, got steps=None and seconds=None"
    ):
        Allowance()
    with pytest.raises(ValueError, match="got steps=3 and seconds=2"):
        Allowance(steps=3, seconds=2.0)


@pytest.mark.parametrize("given", [{"steps": -1}, {"seconds": -0.5}])
def test_a_negative_allowance_is_refused(given: dict[str, float]):
    with pytest.raises(ValueError, match="cannot be less than none"):
        Allowance(**given)


def test_steps_are_counted_against_an_allowance_of_steps():
    progress = Progress(Allowance(steps=8), steps=2, seconds=1000.0)
    assert progress.fraction == 0.25
    progress.step += 6
    assert progress.fraction == 1.0
    progress.step += 1
    assert progress.fraction == 1.0


def test_seconds_of_the_session_before_count_too():
    progress = Progress(Allowance(seconds=1000.0), steps=5, seconds=250.0)
    assert 0.25 <= progress.fraction < 0.26
    assert Progress(Allowance(seconds=10.0), seconds=20.0).fraction == 1.0


def test_seconds_go_by_with_the_clock():
    progress = Progress(Allowance(seconds=1000.0), seconds=3.0)
    first = progress.seconds
    time.sleep(0.01)
    assert progress.seconds - first >= 0.01
    assert 3.0 <= first < 4.0


@pytest.mark.parametrize("allowance", [Allowance(steps=0), Allowance(seconds=0.0)])
def test_an_allowance_of_nothing_is_used_up_before_it_begins(allowance: Allowance):
    assert Progress(allowance).fraction == 1.0


def test_the_rate_rises_to_its_peak_at_the_end_of_the_warm_up_and_falls_to_nothing():
    # Warm-up over a fifth: half of the peak at a tenth; then linear over the other four fifths, half at 0.6.
    rates = [learning_rate(0.4, fraction, 0.2) for fraction in (0.1, 0.2, 0.6, 1.0)]
    assert rates == pytest.approx([0.2, 0.4, 0.2, 0.0])


@given(st.floats(0, 1), st.floats(0.01, 0.9), st.floats(0.001, 10))
def test_the_rate_is_never_above_its_peak_and_only_zero_at_the_end(
    fraction: float, warm_up: float, peak: float
):
    rate = learning_rate(peak, fraction, warm_up)
    assert 0 <= rate <= peak * (1 + 1e-12)
    assert rate > 0 or fraction == 1.0
