from dataclasses import replace

import pytest
from plotly.offline import get_plotlyjs

from constraints.macs import count_macs
from nas.report.data import CurvePoint, Known, ReportData, Spread
from nas.report.html import write_html
from tests.nas.report.pages import Page
from tests.nas.report.reports import (
    RUNTIME,
    SHARED,
    baseline,
    finalist_from,
    report,
    scored_points,
    without_latency,
)


def axis(page: Page, side: str, key: str) -> dict[str, object]:
    return next(entry for entry in page.data[side] if entry["key"] == key)


def test_a_page_loads_nothing_from_anywhere():
    page = Page(write_html(report()))
    assert page.loads == []
    assert "link" not in page.tags
    assert all(link.startswith("#") for link in page.links)


def test_a_page_carries_plotly_inside_itself():
    assert get_plotlyjs() in write_html(report())


def test_every_network_of_the_report_can_be_looked_at():
    data = report(scored=12, finalists=2)
    networks = Page(write_html(data)).data["networks"]
    assert set(networks) == {point.digest for point in data.scored}


def test_a_finalist_that_was_never_scored_can_be_looked_at():
    stranger = scored_points(1, seed=99)[0]
    data = replace(report(), finalists=[finalist_from(stranger)])
    assert stranger.digest in Page(write_html(data)).data["networks"]


def test_an_unpacked_network_has_the_layers_macs_and_bytes_in_use_of_its_layout():
    data = report(scored=20)
    embedded = Page(write_html(data)).data
    for point in data.scored:
        shape, numbers, alive = embedded["networks"][point.digest]
        layers = [embedded["layers"][number] for number in numbers]
        assert shape == list(point.layout.graph.input.shape)
        assert [layer[0] for layer in layers] == [op.name for op in point.layout.graph.ops]
        assert [layer[6:9] for layer in layers] == [
            list(point.layout.graph.output_of(op).shape) for op in point.layout.graph.ops
        ]
        assert sum(layer[10] for layer in layers) == count_macs(point.layout.graph)
        assert alive == list(point.layout.occupied_bytes)


def test_what_an_op_reads_and_what_it_writes_are_each_in_use():
    embedded = Page(write_html(report(scored=20))).data
    for _, numbers, alive in embedded["networks"].values():
        for number, bytes_in_use in zip(numbers, alive, strict=True):
            read, written = embedded["layers"][number][11:]
            assert max(read, written) <= bytes_in_use


def test_text_from_a_user_stands_as_text_and_not_as_markup():
    evil = "<img src=x onerror=alert(1)></script>&amp;'\""
    points = scored_points(2)
    data = replace(
        report(),
        title=evil,
        dataset=evil,
        target=evil,
        finalists=[
            replace(finalist_from(points[0]), runtime=evil),
            finalist_from(points[1], on_front=False, why_not=evil),
        ],
        rejections=[(evil, 1)],
        facts={evil: evil},
    )
    page = Page(write_html(data))
    assert "img" not in page.tags
    assert page.text.count(evil) >= 8
    assert page.data["finalists"][1][2] == evil


def test_the_headline_says_what_the_best_network_reaches_and_who_executed_it():
    text = Page(write_html(report())).text
    assert "right on 92.17% of the test set in int8" in text
    assert f"{RUNTIME} has executed it." in text


def test_a_prediction_is_marked_wherever_it_stands():
    page = Page(write_html(report()))
    assert "~20,000 B" in page.text
    assert "a predicted 20,000 B (19.5 KiB) of flash" in page.text
    flash = axis(page, "x", "flash_bytes")
    assert flash["finalistsSure"] == [False, False, False]
    assert flash["scoredSure"] is False


def test_a_measurement_replaces_the_prediction_and_names_it():
    data = report(finalists=1)
    cost = data.scored[0].cost
    page = Page(write_html(data))
    assert axis(page, "x", "ram_bytes")["finalists"] == [cost.ram_bytes + 64]
    assert f"predicted {cost.ram_bytes:,} B" in page.text


def test_budget_lines_stand_on_their_axes_and_nowhere_else():
    page = Page(write_html(report()))
    limits = {entry["key"]: entry["limit"] for entry in page.data["x"]}
    assert limits == {
        "ram_bytes": None,
        "activations_bytes": 12_600,
        "flash_bytes": None,
        "latency_ms": 40,
        "macs": None,
    }
    assert "activations ≤ 12,600 B (12.3 KiB)" in page.text
    assert "latency ≤ 40 ms" in page.text


def test_an_axis_that_nothing_is_known_of_is_not_offered():
    page = Page(write_html(without_latency(report())))
    assert [entry["key"] for entry in page.data["x"]] == [
        "ram_bytes",
        "activations_bytes",
        "flash_bytes",
        "macs",
    ]


def test_a_finalist_without_a_loss_of_its_own_stands_at_the_score_it_was_chosen_by():
    data = report(finalists=2)
    losses = axis(Page(write_html(data)), "y", "loss")["finalists"]
    assert losses == pytest.approx([point.loss for point in data.scored[:2]], rel=1e-4)


def test_finalists_off_the_front_come_last_with_their_reason():
    points = scored_points(3)
    off = finalist_from(points[0], on_front=False, why_not="needs 13,000 B, budget is 12,600 B")
    data = replace(report(), finalists=[off, finalist_from(points[1]), finalist_from(points[2])])
    page = Page(write_html(data))
    assert [row[0] for row in page.data["finalists"]] == [
        points[1].digest,
        points[2].digest,
        points[0].digest,
    ]
    assert "needs 13,000 B, budget is 12,600 B" in page.text
    assert "2 networks on the front, best first; below them 1 finalist off the front" in page.text


def test_rejections_come_with_their_shares_the_most_frequent_first():
    text = Page(write_html(report())).text
    assert "activations over the budget 9 75.0% flash over the budget 3 25.0%" in text


def test_six_hundred_networks_stay_under_three_megabytes():
    assert Page(write_html(report(scored=600))).data_bytes < 3_000_000


def test_a_loss_that_is_no_number_is_left_out_of_the_figure():
    data = replace(
        report(), curve=[CurvePoint(1.0, 10, float("nan"), float("inf")), CurvePoint(2.0, 20, 1.5, None)]
    )
    assert Page(write_html(data)).data["curve"] == [[1, 10, None, None], [2, 20, 1.5, None]]


def test_an_empty_report_says_so():
    data = ReportData(title="t", dataset="d", target="host", budget={}, scoring=SHARED, controller="nsga2")
    page = Page(write_html(data))
    assert "No network has been scored yet." in page.text
    assert "Nothing was rejected before training." in page.text
    assert page.data["x"] == []
    assert page.data["networks"] == {}


def test_a_search_without_finalists_names_its_best_score():
    data = replace(report(scored=5, finalists=0), curve=[], hypervolume=[])
    best = max(data.scored, key=lambda point: point.accuracy)
    assert (
        f"none trained to the end yet. The best score so far is {best.accuracy * 100:.2f}%"
        in Page(write_html(data)).text
    )


def test_finalists_that_all_failed_leave_no_front():
    point = scored_points(1)[0]
    data = replace(report(), finalists=[finalist_from(point, on_front=False, why_not="too large")])
    text = Page(write_html(data)).text
    assert "The one finalist is not on the front; the table says why." in text
    assert "No runtime has executed them." in text


def test_a_finalist_of_which_little_is_known_shows_dashes():
    bare = replace(
        finalist_from(scored_points(1)[0]),
        test_accuracy=None,
        float_test_accuracy=None,
        activations_bytes=Known(),
        flash_bytes=Known(),
    )
    text = Page(write_html(replace(report(), finalists=[bare]))).text
    assert "right on 92.61% of the validation set" in text
    assert "an unknown amount of flash" in text


def test_a_budget_on_an_unknown_quantity_is_refused():
    with pytest.raises(
        ValueError, match=r"a report's budget may limit activations_bytes, ram_bytes, .* got 'ram'"
    ):
        replace(report(), budget={"ram": 64_000})


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_a_budget_that_is_no_positive_number_is_refused(limit: float):
    with pytest.raises(ValueError, match="the budget for ram_bytes must be a positive number"):
        replace(report(), budget={"ram_bytes": limit})


def test_a_baseline_has_a_row_of_its_own_and_a_place_on_every_axis_it_has_a_figure_for():
    page = Page(write_html(replace(report(), baseline=baseline())))
    assert "baseline their <net>.tflite 83.12% – 9,216 B 9.0 KiB, predicted 9,000 B" in page.text
    assert "10,500 B measured on this 64-bit host 30,000 B" in page.text
    assert "1,000 test images fed as bytes 0 to 255" in page.text
    assert axis(page, "x", "activations_bytes")["baseline"] == 9_216
    assert (axis(page, "x", "latency_ms")["baseline"], axis(page, "x", "latency_ms")["baselineSure"]) == (
        20,
        False,
    )
    assert axis(page, "y", "test_accuracy")["baseline"] == 0.8312
    assert axis(page, "y", "val_accuracy")["baseline"] is None


def test_the_best_network_is_set_against_the_baseline_in_words():
    data = report()
    flash = data.finalists[0].flash_bytes.value
    page = Page(write_html(replace(data, baseline=baseline())))
    assert flash == 20_000
    # 92.17% against 83.12%; 20,000 B against 30,000 B.
    assert "Against the baseline, their <net>.tflite: test accuracy +9.05 points" in page.text
    assert "file -33%" in page.text
    assert "Against" not in Page(write_html(data)).text


def test_without_a_baseline_no_axis_has_one():
    page = Page(write_html(report()))
    assert page.data["baseline"] is None
    assert all(entry["baseline"] is None for entry in (*page.data["x"], *page.data["y"]))


def test_networks_of_several_seeds_say_how_far_apart_these_are_in_the_table():
    data = report()
    thrice = [replace(one, spread=Spread(0.9221, 0.0012, 3)) for one in data.finalists]
    assert "mean 92.21% ± 0.12% (3 seeds)" in Page(write_html(replace(data, finalists=thrice))).text
    assert "±" not in Page(write_html(data)).text
