"""Amounts as people write them: "64KB", "40ms", "3mJ", "4.4M".

KB and MB are powers of 1000, KiB and MiB powers of 1024 (IEC 80000-13, section 13.1). Values are computed in
exact fractions, so that "12.6KB" is 12,600 B and not one byte less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

_BYTES: Mapping[str, Fraction] = {
    spelt: Fraction(size)
    for size, spellings in (
        (1, ("", "B", "b")),
        (1000, ("KB", "kB", "kb")),
        (1000**2, ("MB", "mb")),
        (1024, ("KiB", "kiB", "kib", "KIB")),
        (1024**2, ("MiB", "mib", "MIB")),
    )
    for spelt in spellings
}
_MILLISECONDS: Mapping[str, Fraction] = {
    "us": Fraction(1, 1000),
    "µs": Fraction(1, 1000),
    "ms": Fraction(1),
    "s": Fraction(1000),
}
_MICROJOULES: Mapping[str, Fraction] = {
    "uJ": Fraction(1),
    "µJ": Fraction(1),
    "mJ": Fraction(1000),
    "J": Fraction(1000**2),
}
_COUNTS: Mapping[str, Fraction] = {
    "": Fraction(1),
    "k": Fraction(1000),
    "K": Fraction(1000),
    "M": Fraction(1000**2),
    "G": Fraction(1000**3),
}
# Digits, perhaps in groups of three, perhaps with a decimal part and an exponent; then the unit.
_NUMBER = r"-?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,2})?"
_AMOUNT = re.compile(rf"\s*({_NUMBER})\s*([^\d\s.,+-]*)\s*", re.ASCII)


class BadAmount(ValueError):
    """An amount cannot be read, or is not above zero."""


def parse_bytes(amount: str | int) -> int:
    """Whole bytes: "12600B", "12,600 B", "64KB" (64,000), "64KiB" (65,536), "1.5MB", or a bare number.

    Lower case is read the same way, since nobody budgets memory in bits.

    Raises:
        BadAmount: another unit, no number, not above zero, or not a whole number of bytes.
    """
    accepted = "B, KB, MB, KiB or MiB (a bare number is bytes)"
    return _whole(amount, "memory", accepted, _scaled(str(amount), _BYTES, "memory", accepted))


def parse_count(amount: str | int) -> int:
    """A whole number of multiply-accumulates: "4.4M", "500k", or a bare number.

    Raises:
        BadAmount: another unit, no number, not above zero, or not whole.
    """
    accepted = "k, M or G (a bare number is a count)"
    return _whole(amount, "MACs", accepted, _scaled(str(amount), _COUNTS, "MACs", accepted))


def parse_milliseconds(amount: str) -> float:
    """Milliseconds: "40ms", "0.5s", "800us".

    Raises:
        BadAmount: another unit or none, no number, or not above zero.
    """
    return float(_scaled(amount.replace("μ", "µ"), _MILLISECONDS, "time", "us, ms or s"))


def parse_microjoules(amount: str) -> float:
    """Microjoules: "3mJ", "500uJ", "0.002J".

    Case matters, as MJ would be a million joules.

    Raises:
        BadAmount: another unit or none, no number, or not above zero.
    """
    return float(_scaled(amount.replace("μ", "µ"), _MICROJOULES, "energy", "uJ, mJ or J"))


def format_bytes(size: int) -> str:
    """Bytes with thousands marked: "12,600 B"."""
    return f"{size:,} B"


def format_kib(size: int) -> str:
    """Bytes as KiB with one decimal: "62.0 KiB"."""
    return f"{size / 1024:,.1f} KiB"


def _scaled(amount: str, units: Mapping[str, Fraction], what: str, accepted: str) -> Fraction:
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise BadAmount(f"{what} must be a number and a unit out of {accepted}, got {amount!r}")
    number, unit = match[1], match[2]
    if unit not in units:
        known = f"unit {unit!r} is not known" if unit else "the unit is missing"
        raise BadAmount(f"{what} {amount!r}: {known}; use {accepted}")
    value = Fraction(number.replace(",", "")) * units[unit]
    if value <= 0:
        raise BadAmount(f"{what} must be above zero, got {amount!r}; leave it out to set no limit")
    return value


def _whole(amount: str | int, what: str, accepted: str, value: Fraction) -> int:
    if value.denominator != 1:
        raise BadAmount(f"{what} must come to a whole number, got {amount!r} in units out of {accepted}")
    return int(value)
