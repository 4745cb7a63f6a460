"""The page's script, run by a real browser where one is installed."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nas.report.data import ReportData, Scoring
from nas.report.html import write_html
from tests.nas.report.reports import anchors, baseline, ranked, report

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]


def rendered(data: ReportData, folder: Path, fragment: str = "") -> tuple[str, str]:
    """The page's elements after its script ran, and what the browser's console said."""
    page = folder / "report.html"
    page.write_text(write_html(data), encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    flags += [
        "--enable-logging=stderr",
        "--virtual-time-budget=4000",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command = [str(CHROMIUM), *flags, "--dump-dom", f"{page.as_uri()}{fragment}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def layer_rows(elements: str) -> int:
    table = elements.split('id="layers"')[1].split("</tbody>")[0].split("<tbody>")[1]
    return table.count("<tr")


def test_the_best_finalist_is_shown_before_any_click(tmp_path: Path):
    data = report()
    elements, console = rendered(data, tmp_path)
    assert console == ""
    assert f'id="network-name">{data.finalists[0].digest}<' in elements
    assert layer_rows(elements) == len(data.finalists[0].layout.graph.ops)


def test_a_digest_in_the_address_selects_its_network(tmp_path: Path):
    data = report()
    chosen = data.scored[-1]
    elements, console = rendered(data, tmp_path, f"#{chosen.digest}")
    assert console == ""
    assert f'id="network-name">{chosen.digest}<' in elements
    assert layer_rows(elements) == len(chosen.layout.graph.ops)


@pytest.mark.parametrize(("scored", "finalists"), [(0, 0), (1, 0), (1, 1)])
def test_a_page_with_little_to_show_draws_without_an_error(tmp_path: Path, scored: int, finalists: int):
    data = replace(report(scored, finalists), curve=[], hypervolume=[])
    elements, console = rendered(data, tmp_path)
    assert console == ""
    assert "No training curve was recorded." in elements


@pytest.mark.parametrize("test_accuracy", [0.8312, None])
def test_a_baseline_is_drawn_and_everything_below_it_too(tmp_path: Path, test_accuracy: float | None):
    data = replace(report(), baseline=baseline(test_accuracy))
    elements, console = rendered(data, tmp_path)
    assert console == ""
    assert ">baseline: their &lt;net&gt;.tflite<" in elements.replace("</svg>", ">")
    assert f'id="network-name">{data.finalists[0].digest}<' in elements
    assert layer_rows(elements) == len(data.finalists[0].layout.graph.ops)


def drawn(elements: str, plot: str) -> str:
    """What stands inside the page's figure of that name."""
    return elements.split(f'id="{plot}"')[1].split("<section")[0]


def test_every_finalist_with_a_score_has_a_mark_in_the_rank_plot(tmp_path: Path):
    data = ranked((0.5, 0.4, None, 0.2), (0.7, 0.8, 0.9, 0.95))
    finalists = [replace(data.finalists[0], on_front=False, why_not="dominated"), *data.finalists[1:]]
    elements, console = rendered(replace(data, finalists=finalists), tmp_path)
    assert console == ""
    # Three of four have a score; one of them is the network that is looked at, and ringed.
    assert drawn(elements, "rank-plot").split("<ul")[0].count('class="point ') == 3 + 1
    assert "finalist off the front" in drawn(elements, "rank-key")


def test_anchors_and_semifinalists_are_drawn_in_a_figure_of_their_own(tmp_path: Path):
    squares, circles = anchors((0.5, 0.4, 0.3, 0.2, 0.1), (0.9, 0.8, 0.7, 0.5, 0.6)), anchors((0.1,), (0.4,))
    data = replace(report(), anchors=squares, semifinals=circles)
    elements, console = rendered(data, tmp_path)
    assert console == ""
    assert drawn(elements, "brief-plot").count('class="point"') == 6


def test_without_scores_and_without_a_supernet_their_parts_say_so_or_are_gone(tmp_path: Path):
    data = replace(ranked([None] * 3, [0.9] * 3), scoring=Scoring("after 9 steps", uses_supernet=False))
    elements, console = rendered(data, tmp_path)
    assert console == ""
    assert "No finalist has a score to compare." in elements
    assert "Training the supernet" not in elements


def test_the_hypervolume_is_drawn_with_its_controller_over_seconds(tmp_path: Path):
    elements, console = rendered(replace(report(), controller="my <own>"), tmp_path)
    assert console == ""
    figure = drawn(elements, "volume-plot")
    assert ">my &lt;own&gt;<" in figure
    assert ">seconds since the search began<" in figure
