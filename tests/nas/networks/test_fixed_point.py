import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.networks.fixed_point import multiplier_of, scale_


def rounded_half_away(numerator: int, exponent: int) -> int:
    """numerator / 2^exponent on unbounded whole numbers, halves away from zero."""
    if exponent == 0:
        return numerator
    magnitude = (abs(numerator) + (1 << (exponent - 1))) >> exponent
    return magnitude if numerator >= 0 else -magnitude


def twice_rounded(value: int, mantissa: int, shift: int) -> int:
    """common.cc: a doubling high multiply that rounds halves up, then a division by 2^-shift, halves away
    from zero."""
    product = (value << max(shift, 0)) * mantissa
    return rounded_half_away((product + (1 << 30)) >> 31, max(-shift, 0))


def test_multipliers_are_a_mantissa_of_31_bits_and_a_shift():
    # 0.75 = 0.75 * 2^0; 0.375 = 0.75 * 2^-1; 3 = 0.75 * 2^2.
    multiplier = multiplier_of([0.75, 0.375, 3.0])
    assert multiplier.mantissa.tolist() == [3 << 29] * 3
    assert multiplier.shift.tolist() == [0, -1, 2]


def test_a_mantissa_that_rounds_up_to_one_moves_into_the_shift():
    multiplier = multiplier_of([1 - 2**-40])
    assert (multiplier.mantissa.item(), multiplier.shift.item()) == (1 << 30, 1)


def test_a_multiplier_too_small_to_matter_is_zero():
    assert multiplier_of([2.0**-40]).mantissa.item() == 0


@pytest.mark.parametrize(("value", "scaled"), [(1, 1), (-1, 0), (3, 2), (-3, -1), (2, 1), (-2, -1), (0, 0)])
def test_the_high_multiply_rounds_halves_up(value: int, scaled: int):
    assert scale_(torch.tensor([value]), multiplier_of([0.5]), (1,)).item() == scaled


@pytest.mark.parametrize(("value", "scaled"), [(1, 1), (-1, 0), (2, 1), (-2, -1), (6, 2), (-6, -2), (-3, -1)])
def test_the_shift_that_follows_rounds_halves_away_from_zero(value: int, scaled: int):
    # A quarter is a half (rounded up) and a shift by one: 1 -> 1 -> 1, although the quarter of 1 is nearer 0.
    assert scale_(torch.tensor([value]), multiplier_of([0.25]), (1,)).item() == scaled


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(-(2**23), 2**23), min_size=1), st.floats(1e-6, 100))
def test_scaling_equals_whole_number_arithmetic(values: list[int], real: float):
    multiplier = multiplier_of([real])
    expected = [twice_rounded(value, int(multiplier.mantissa), int(multiplier.shift)) for value in values]
    assert scale_(torch.tensor(values), multiplier, (1,)).tolist() == expected
