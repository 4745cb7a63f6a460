import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.kendall import kendall_tau

SMALL = st.integers(-1000, 1000)


@given(
    st.lists(
        st.tuples(SMALL, SMALL),
        min_size=2,
        max_size=12,
        unique_by=(lambda p: p[0], lambda p: p[1]),
    )
)
def test_without_ties_tau_counts_the_pairs_in_the_same_order_and_those_in_the_other(
    pairs: list[tuple[int, int]],
):
    agree = [(a[0] < b[0]) == (a[1] < b[1]) for a, b in itertools.combinations(pairs, 2)]
    tau = kendall_tau([a for a, _ in pairs], [b for _, b in pairs])
    assert tau == pytest.approx((sum(agree) - agree.count(False)) / len(agree))


def test_tau_with_ties_is_as_worked_out_by_hand():
    # Six pairs, one tied in the first order and none in the second; the five others agree: 5 / sqrt(5 * 6).
    assert kendall_tau([1, 1, 2, 3], [1, 2, 3, 4]) == pytest.approx(5 / math.sqrt(30))


def test_what_is_the_same_for_all_has_no_tau():
    assert math.isnan(kendall_tau([1, 1, 1], [1, 2, 3]))
