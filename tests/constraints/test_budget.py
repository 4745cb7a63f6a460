import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints.budget import Budget, UnknownCost, fits, relative_excess, violations
from constraints.cost import Cost
from constraints.units import BadAmount

COST = Cost(
    activations_bytes=71_680,
    ram_bytes=80_000,
    flash_bytes=63_600,
    macs=4_400_000,
    latency_ms=40.04,
    energy_uj=2_000.0,
    peak_op="stage1.block0",
)

budgets = st.builds(
    Budget,
    activations_bytes=st.none() | st.integers(1, 200_000),
    ram_bytes=st.none() | st.integers(1, 200_000),
    flash_bytes=st.none() | st.integers(1, 200_000),
    latency_ms=st.none() | st.floats(0.1, 100),
    energy_uj=st.none() | st.floats(0.1, 10_000),
    macs=st.none() | st.integers(1, 10_000_000),
)


def test_a_budget_is_read_from_amounts_as_people_write_them():
    budget = Budget.parse(
        activations="12600B", ram="64KB", flash=63_600, latency="40ms", energy="3mJ", macs="4.4M"
    )
    assert budget == Budget(12_600, 64_000, 63_600, 40.0, 3_000.0, 4_400_000)


def test_an_exceeded_limit_says_what_is_needed_where_and_what_is_allowed():
    found = violations(
        COST, Budget(activations_bytes=65_536, flash_bytes=60_000, latency_ms=40, macs=4_000_000)
    )
    assert [str(violation) for violation in found] == [
        "activations: needs 71,680 B at stage1.block0, budget is 65,536 B",
        "flash: needs 63,600 B, budget is 60,000 B",
        "latency: needs 40.04 ms, budget is 40 ms",
        "macs: needs 4,400,000 MACs, budget is 4,000,000 MACs",
    ]


def test_a_cost_exactly_at_its_limits_fits():
    assert fits(COST, Budget(71_680, 80_000, 63_600, 40.04, 2_000.0, 4_400_000))


def test_excess_adds_up_over_the_exceeded_limits_alone():
    # 71,680 / 35,840 - 1 = 1 and 80,000 / 64,000 - 1 = 0.25; flash is within its limit and adds nothing.
    excess = relative_excess(COST, Budget(activations_bytes=35_840, ram_bytes=64_000, flash_bytes=100_000))
    assert math.isclose(excess, 1.25)


@given(budgets)
def test_there_is_no_excess_exactly_when_it_fits(budget: Budget):
    assert (relative_excess(COST, budget) == 0) == fits(COST, budget)


def test_a_budgeted_quantity_that_was_not_estimated_never_passes_for_zero():
    unknown = Cost(1, 1, 1, 1, None, None, "head")
    with pytest.raises(UnknownCost, match="latency is budgeted at 40 ms but was not estimated"):
        fits(unknown, Budget(latency_ms=40))
    assert fits(unknown, Budget(ram_bytes=1))


@pytest.mark.parametrize("limit", [0, -1.0, math.nan, math.inf])
def test_a_limit_that_is_no_limit_is_refused(limit: float):
    with pytest.raises(BadAmount, match="finite number above zero"):
        Budget(latency_ms=limit)
