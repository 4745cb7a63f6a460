"""The page's script, run by a real browser where one is installed."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nas.report.data import ReportData
from nas.report.html import write_html
from tests.nas.report.reports import baseline, report

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
