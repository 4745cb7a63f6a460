import io
from dataclasses import replace

import pytest
from rich.console import Console

from nas.report.data import BaselinePoint, FinalistPoint, Spread
from nas.report.table import front_table
from tests.nas.report.reports import baseline, finalist_from, scored_points


def printed(finalists: list[FinalistPoint], width: int = 80, rival: BaselinePoint | None = None) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(front_table(finalists, rival))
    return console.file.getvalue()  # type: ignore[attr-defined]  # the file is the StringIO above


def test_a_front_of_ten_fits_on_eighty_columns_with_nothing_cut():
    finalists = [finalist_from(point) for point in scored_points(10)]
    text = printed(finalists)
    assert "…" not in text
    assert all(finalist.digest in text for finalist in finalists)


def test_networks_are_ranked_in_the_order_given():
    points = scored_points(3)
    text = printed([finalist_from(point) for point in points])
    rows = [line.split()[:2] for line in text.splitlines() if any(point.digest in line for point in points)]
    assert rows == [["1", points[0].digest], ["2", points[1].digest], ["3", points[2].digest]]


def test_measured_figures_stand_plain_and_predicted_ones_are_marked():
    point = scored_points(1)[0]
    cells = next(
        line for line in printed([finalist_from(point)]).splitlines() if point.digest in line
    ).split()
    assert f"{point.cost.ram_bytes + 64:,}" in cells
    assert "~20,000" in cells
    assert "~ predicted" in printed([finalist_from(point)])


def test_a_finalist_off_the_front_comes_last_without_a_rank_and_with_its_reason():
    first, second = scored_points(2)
    why_not = "needs 13,000 B [tensors], budget is 12,600 B"
    text = printed([finalist_from(first, on_front=False, why_not=why_not), finalist_from(second)], width=160)
    assert text.index(second.digest) < text.index(first.digest)
    assert f"{first.digest} is off the front: {why_not}." in text


@pytest.mark.parametrize("width", [80, 120])
def test_no_finalists_make_an_empty_table(width: int):
    assert "digest" in printed([], width)


def test_the_baseline_stands_last_on_eighty_columns_and_says_how_it_was_fed():
    finalists = [finalist_from(point) for point in scored_points(3)]
    text = printed(finalists, rival=baseline())
    row = next(line for line in text.splitlines() if "83.12%" in line)
    assert "…" not in text
    assert row.split()[:7] == ["baseline", "83.12%", "–", "9,216", "12,000", "30,000", "2.00"]
    assert text.index(row) > text.index(finalists[-1].digest)
    assert "baseline is their <net>.tflite; 1,000 test images fed as bytes 0 to 255." in " ".join(
        text.split()
    )


def test_networks_of_several_seeds_say_how_far_apart_these_are_and_others_do_not():
    plain = finalist_from(scored_points(1)[0])
    thrice = replace(plain, spread=Spread(0.9221, 0.0012, 3))
    assert "92.21% ± 0.12% (3 seeds)" in " ".join(printed([thrice]).split())
    assert "seeds" not in printed([plain])
