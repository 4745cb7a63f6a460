import pytest

from nas.report import words
from nas.report.data import Known


def test_an_accuracy_is_printed_in_per_cent_with_two_places():
    assert words.percent(0.92617) == "92.62%"


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_an_accuracy_that_is_not_known_is_a_dash(nothing: float | None):
    assert words.percent(nothing) == "–"


def test_a_size_is_printed_in_bytes_and_in_kib():
    # 12,544 / 1024 = 12.25, and half a tenth goes to the even one
    assert words.size(12_544) == "12,544 B (12.2 KiB)"


@pytest.mark.parametrize(
    ("known", "figure", "note"),
    [
        (Known(predicted=2048, measured=2048), "2,048 B", "2.0 KiB, as predicted"),
        (Known(predicted=2048, measured=3072), "3,072 B", "3.0 KiB, predicted 2,048 B"),
        (Known(predicted=2048), "~2,048 B", "2.0 KiB, predicted"),
        (Known(measured=2048), "2,048 B", "2.0 KiB, measured"),
        (Known(), "–", ""),
    ],
)
def test_bytes_say_how_they_are_known(known: Known, figure: str, note: str):
    assert words.known_bytes(known) == figure
    assert words.how_known(known) == note


def test_few_macs_are_counted_out_and_many_are_given_in_millions():
    assert words.macs(9_999) == "9,999"
    assert words.macs(4_367_000) == "4.37 M"


def test_a_latency_is_marked_as_a_prediction():
    assert words.milliseconds(37.24) == "~37.2 ms"
    assert words.milliseconds(1234.5) == "~1,234 ms"
    assert words.milliseconds(None) == "–"
