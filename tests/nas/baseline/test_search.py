from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import nas
from nas.run import load_run
from nas.study_file import read_study, write_study
from nas.verify.tflm import record_arena
from tests.nas import command
from tests.nas.baseline.models import digits_file
from tests.nas.report.pages import Page
from tests.nas.small_study import small_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search with a baseline, whose own file is gone by now."""
    folder = tmp_path_factory.mktemp("baseline")
    rival = folder / "rival.tflite"
    rival.write_bytes(digits_file())
    nas.search(replace(small_study(), baseline=str(rival)), folder / "run")
    rival.unlink()
    return folder / "run"


def test_the_baseline_stands_in_the_report_with_its_sizes_and_its_test_accuracy(run: Path) -> None:
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    assert page.data["baseline"][0] == "rival.tflite"
    axes = {axis["key"]: axis for axis in (*page.data["x"], *page.data["y"])}
    recorded = record_arena(digits_file())
    assert axes["activations_bytes"]["baseline"] == recorded.head_bytes
    assert axes["activations_bytes"]["baselineSure"]
    assert axes["flash_bytes"]["baseline"] == len(digits_file())
    assert 0 <= axes["test_accuracy"]["baseline"] <= 1
    assert axes["val_accuracy"]["baseline"] is None
    assert "Against the baseline, rival.tflite: test accuracy" in page.text
    assert "baseline rival.tflite" in page.text
    assert "test images fed as pixels from 0 to 1" in page.text


def test_nas_front_shows_the_baseline_below_the_finalists(run: Path) -> None:
    baseline = load_run(run).baseline
    assert baseline is not None
    assert baseline.test_accuracy is not None
    shown = command.nas("front", run).stdout
    row = next(line for line in shown.splitlines() if line.lstrip().startswith("baseline"))
    assert f"{baseline.test_accuracy:.2%}" in row
    assert f"{baseline.flash_bytes:,}" in row


def test_a_report_written_anew_still_has_it(run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(run, tmp_path / "copied"))
    (copied / "report.html").unlink()
    assert command.nas("report", copied).code == 0
    assert Page((copied / "report.html").read_text(encoding="utf-8")).data["baseline"][0] == "rival.tflite"


@pytest.mark.slow
def test_a_lost_record_of_it_is_made_anew(run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(run, tmp_path / "copied"))
    (copied / "baseline.json").unlink()
    assert command.nas("resume", copied).code == 0
    assert (copied / "baseline.json").read_bytes() == (run / "baseline.json").read_bytes()


def test_a_damaged_record_of_it_is_one_sentence(run: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(run, tmp_path / "copied"))
    (copied / "baseline.json").write_text("{}")
    assert "baseline.json is damaged: delete it" in command.refused("front", copied)


def test_the_study_file_keeps_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(write_study(replace(small_study(), baseline="rival.tflite"), {}))
    assert read_study(str(path)).baseline == "rival.tflite"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "rival.tflite: the file is empty"),
        (b"no model", "rival.tflite: this is no TensorFlow Lite file"),
        (None, "no such file or directory"),
    ],
)
def test_a_bad_baseline_is_refused_before_anything_begins(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    rival = tmp_path / "rival.tflite"
    if content is not None:
        rival.write_bytes(content)
    said = command.refused("search", "digits", "--baseline", rival, "--out", tmp_path / "run")
    assert sentence in said
    assert "rival.tflite" in said
    assert not (tmp_path / "run").exists()
