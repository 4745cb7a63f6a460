import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints.budget import Budget
from constraints.cost import Cost
from nas.objectives import Objectives, choose_finalists

TWO = Objectives(("activations_bytes", "flash_bytes"), (1000.0, 4000.0))
POINTS = st.lists(st.tuples(*[st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8, 1.0])] * 3), min_size=1, max_size=15)


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@given(POINTS, st.integers(1, 8))
def test_finalists_are_on_the_front_and_the_lowest_loss_is_always_among_them(
    points: list[tuple[float, ...]], count: int
):
    chosen = choose_finalists(points, TWO, count)
    front = [n for n, point in enumerate(points) if not any(dominates(other, point) for other in points)]
    assert len(chosen) == len(set(chosen)) == min(count, len(front))
    assert set(chosen) <= set(front)
    assert points[chosen[0]][0] == min(point[0] for point in points)


def test_of_equal_losses_the_cheaper_network_is_a_finalist():
    points = [(0.5, 0.9, 0.9), (0.5, 0.2, 0.9), (0.9, 0.1, 0.1)]
    assert choose_finalists(points, TWO, 1) == [1]


def test_after_the_best_come_those_that_add_most_volume():
    one = Objectives(("flash_bytes",), (1000.0,))
    # Corner at 0.84, four tenths of the way from the second highest loss to the highest, and 1.001 of the
    # budget. Next to the best, (0.1, 0.9), (0.2, 0.5) adds 0.64 * 0.4. Then (0.6, 0.2) adds 0.24 * 0.3, more
    # than (0.5, 0.3) with 0.34 * 0.2 and (0.4, 0.4) with 0.44 * 0.1.
    points = [(0.4, 0.4), (0.1, 0.9), (0.2, 0.5), (0.5, 0.3), (0.6, 0.2), (0.9, 0.1), (0.8, 0.15)]
    assert choose_finalists(points, one, 3) == [1, 2, 4]


def cost(**changes: float) -> Cost:
    values = dict.fromkeys(Cost.__dataclass_fields__, 100)
    return Cost(**{**values, **changes})  # type: ignore[arg-type] - numbers of either kind


def test_every_limit_is_an_objective_as_a_fraction_of_itself():
    objectives = Objectives.of(Budget(activations_bytes=200, flash_bytes=400), cost())
    assert set(objectives.quantities) == {"activations_bytes", "flash_bytes"}
    point = objectives.point(0.7, cost(activations_bytes=50, flash_bytes=300))
    assert dict(zip(objectives.names[1:], point[1:], strict=True)) == {
        "activations_bytes": 0.25,
        "flash_bytes": 0.75,
    }
    assert point[0] == 0.7


def test_without_a_budget_memory_is_measured_by_the_largest_network():
    objectives = Objectives.of(Budget(), cost(activations_bytes=500, flash_bytes=2000))
    assert objectives.point(0.1, cost(activations_bytes=250, flash_bytes=500)) == pytest.approx(
        (0.1, 0.5, 0.25)
    )


def test_without_a_budget_the_corner_goes_as_far_as_the_costs_do():
    corner = TWO.reference([(0.3, 0.5, 1.5), (0.9, 0.7, 1.2)])
    assert corner == pytest.approx((0.3 + 0.9 * 0.6, 1.001, 1.5015))


def test_volume_is_measured_from_a_high_loss_and_the_whole_budget():
    corner = TWO.reference([(0.3, 0.1, 0.2), (0.9, 0.4, 0.4), (0.5, 0.9, 0.1)])
    assert corner == (pytest.approx(0.5 + 0.8 * 0.4), 1.001, 1.001)
    assert all(math.isfinite(value) for value in corner)
