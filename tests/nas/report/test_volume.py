from dataclasses import replace

from nas.report.data import Corner
from nas.report.html import write_html
from tests.nas.report.pages import Page
from tests.nas.report.reports import report


def test_the_hypervolume_is_that_of_the_named_controller():
    page = Page(write_html(replace(report(), controller="my <own>")))
    assert page.data["controller"] == "my <own>"
    assert "Controller my <own> . Computed from the scored candidates" in page.text


def test_our_own_controller_says_when_it_looks_for_the_best_alone():
    sentence = "every second one was sought among the lowest losses alone"
    assert sentence in Page(write_html(replace(report(), controller="hypervolume-gain"))).text
    assert sentence not in Page(write_html(replace(report(), controller="nsga2"))).text


def test_a_moment_of_the_hypervolume_holds_its_seconds_and_its_trial():
    data = replace(report(), hypervolume=[(12.5, 7, 0.25), (99.0, 31, 0.5)])
    assert Page(write_html(data)).data["hypervolume"] == [[12.5, 7, 0.25], [99, 31, 0.5]]


def test_the_corner_is_said_in_the_units_of_the_budget():
    assert (
        "up to the corner at a loss of 0.4045 (worse than nine of ten scores)"
        " and activations 12,613 B (12.3 KiB), latency 40.04 ms (the budget and a thousandth more)"
    ) in Page(write_html(report())).text


def test_without_a_budget_the_corner_is_at_the_largest_network():
    data = replace(report(), budget={}, corner=Corner(0.5, {"flash_bytes": 1001, "macs": 10_010_000}))
    text = Page(write_html(data)).text
    assert (
        "flash 1,001 B (1.0 KiB), MACs 10.01 M (what the largest network needs and a thousandth more)" in text
    )
