import pytest

from nas.training.recipe import Recipe


@pytest.mark.parametrize("cosine", [False, True])
def test_the_rate_rises_to_its_peak_and_falls_to_nothing(cosine: bool):  # noqa: FBT001 - a parameter of the test
    recipe = Recipe(warm_up=0.2, cosine=cosine)
    rates = [recipe.schedule(step / 100) for step in range(101)]
    assert max(rates) == pytest.approx(rates[20]) == pytest.approx(1.0)
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[100] == pytest.approx(0.0)


def test_a_cosine_stays_high_longer_and_low_longer_than_a_line():
    line, cosine = Recipe(), Recipe(cosine=True)
    assert cosine.schedule(0.3) > line.schedule(0.3)
    assert cosine.schedule(0.9) < line.schedule(0.9)
