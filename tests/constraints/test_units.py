from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints.units import (
    BadAmount,
    format_bytes,
    format_kib,
    parse_bytes,
    parse_count,
    parse_microjoules,
    parse_milliseconds,
)


@pytest.mark.parametrize(
    ("amount", "size"),
    [
        ("64KB", 64_000),
        ("64KiB", 65_536),
        ("64kb", 64_000),
        ("12600B", 12_600),
        ("12600", 12_600),
        (12_600, 12_600),
        ("12,600 B", 12_600),
        ("12.6KB", 12_600),
        ("1.5MB", 1_500_000),
        ("0.5 MiB", 524_288),
    ],
)
def test_memory_is_read_in_powers_of_1000_or_1024_as_written(amount: str | int, size: int):
    assert parse_bytes(amount) == size


@pytest.mark.parametrize(("amount", "ms"), [("40ms", 40.0), ("0.5s", 500.0), ("800us", 0.8), ("800μs", 0.8)])
def test_time_is_read_as_milliseconds(amount: str, ms: float):
    assert parse_milliseconds(amount) == ms


@pytest.mark.parametrize(("amount", "uj"), [("3mJ", 3000.0), ("500uJ", 500.0), ("0.002J", 2000.0)])
def test_energy_is_read_as_microjoules(amount: str, uj: float):
    assert parse_microjoules(amount) == uj


@pytest.mark.parametrize(("amount", "count"), [("4.4M", 4_400_000), ("500k", 500_000), ("12", 12), (7, 7)])
def test_counts_are_read_with_their_thousands(amount: str | int, count: int):
    assert parse_count(amount) == count


def test_an_unknown_unit_is_answered_with_the_units_that_are_known():
    with pytest.raises(BadAmount) as error:
        parse_bytes("64 kilobananas")
    assert str(error.value) == (
        "memory '64 kilobananas': unit 'kilobananas' is not known; "
        "use B, KB, MB, KiB or MiB (a bare number is bytes)"
    )


@pytest.mark.parametrize("amount", ["0", "-5KB", "0.0MB", "-1"])
def test_zero_and_less_are_no_budget(amount: str):
    with pytest.raises(BadAmount, match="must be above zero"):
        parse_bytes(amount)


@pytest.mark.parametrize("amount", ["nan", "inf", "", "KB", "1,5KB", "1.2.3KB", "twelve", "e3"])
def test_what_holds_no_number_is_refused(amount: str):
    with pytest.raises(BadAmount, match="must be a number and a unit"):
        parse_bytes(amount)


def test_half_a_byte_is_refused():
    with pytest.raises(BadAmount, match=r"must come to a whole number, got '1\.0001KB'"):
        parse_bytes("1.0001KB")


@pytest.mark.parametrize("amount", ["40", "40 m", "40MJ"])
def test_time_and_energy_need_a_unit_that_is_known(amount: str):
    with pytest.raises(BadAmount, match="use us, ms or s"):
        parse_milliseconds(amount)
    with pytest.raises(BadAmount, match="use uJ, mJ or J"):
        parse_microjoules(amount)


@given(st.integers(1, 10**12))
def test_formatted_bytes_read_back_as_the_same_bytes(size: int):
    assert parse_bytes(format_bytes(size)) == size


@given(st.integers(1, 10**9), st.sampled_from([("KB", 1000), ("KiB", 1024), ("MB", 10**6), ("MiB", 2**20)]))
def test_a_unit_multiplies_exactly_however_many_decimals_are_written(thousandths: int, unit: tuple[str, int]):
    name, factor = unit
    exact = Fraction(thousandths, 1000) * factor
    amount = f"{thousandths // 1000}.{thousandths % 1000:03d}{name}"
    if exact.denominator == 1:
        assert parse_bytes(amount) == exact
    else:
        with pytest.raises(BadAmount):
            parse_bytes(amount)


@given(st.text(max_size=12))
def test_any_text_is_either_read_above_zero_or_refused(text: str):
    try:
        size = parse_bytes(text)
    except BadAmount:
        return
    assert size > 0


def test_kib_are_printed_with_one_decimal():
    assert format_kib(63_488) == "62.0 KiB"
