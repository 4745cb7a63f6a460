import heapq
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.phases.finalists import share_out

COSTS = st.lists(st.floats(0.01, 10), min_size=1, max_size=12)


def makespan(shares: list[float], workers: int) -> float:
    """When a pool is done that hands out the longest first, each to whoever is free first."""
    free = [0.0] * workers
    for share in sorted(shares, reverse=True):
        heapq.heappush(free, heapq.heappop(free) + share)
    return max(free)


@given(COSTS, st.floats(1, 10_000), st.integers(1, 6))
def test_shares_of_time_give_equally_many_steps_and_fill_the_time_to_the_end(
    costs: list[float], seconds: float, workers: int
):
    shares = share_out(costs, seconds, workers)
    steps = [share / cost for share, cost in zip(shares, costs, strict=True)]
    assert min(steps) == pytest.approx(max(steps))
    assert makespan(shares, workers) == pytest.approx(seconds)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=6), st.integers(1, 3))
def test_longest_first_is_within_four_thirds_of_the_best_of_all_assignments(costs: list[float], workers: int):
    shares = share_out(costs, 100.0, workers)
    best = min(
        max(
            sum(share for share, worker in zip(shares, assigned, strict=True) if worker == one)
            for one in range(workers)
        )
        for assigned in itertools.product(range(workers), repeat=len(shares))
    )
    # Graham 1969, "Bounds on multiprocessing timing anomalies", theorem 2: 4/3 - 1/(3 m).
    assert best * (4 / 3 - 1 / (3 * workers)) * (1 + 1e-9) >= 100.0


def test_shares_are_as_worked_out_by_hand():
    # 5, 4, 3, 3 on two workers: 4 + 3 is fuller than 5 then, so 5 + 3: 8 at most, and 80 seconds are 10 each.
    assert share_out([3.0, 5.0, 3.0, 4.0], 80.0, 2) == pytest.approx([30.0, 50.0, 30.0, 40.0])
    assert share_out([2.0], 60.0, 4) == pytest.approx([60.0])
