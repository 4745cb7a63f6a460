"""Runs that were cut short: every command works, or says in one sentence what to do, and that then works."""

import shutil
from pathlib import Path

import pytest

from tests.nas.command import Ended, nas
from tests.nas.small_study import files_of, recorded

FILES = (
    "study.toml",
    "space.py",
    "supernet.safetensors",
    "supernet.json",
    "anchors.json",
    "journal.log",
    "search.json",
    "finalists.json",
    "clock.json",
    "report.html",
    "front/{}/model.tflite",
    "front/{}/model.onnx",
    "front/{}/model.py",
    "front/{}/weights.safetensors",
    "front/{}/card.json",
)
HARMS = {"deleted": None, "cut short": 0.7}
LOST = {"study.toml", "space.py"}
"""What only the user has."""
QUICK = [("journal.log", "cut short"), ("front/{}/model.tflite", "cut short")]


def _harm(path: Path, share: float | None) -> None:
    if share is None:
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])


def _file(run: Path, pattern: str) -> Path:
    return run / pattern.format(sorted(path.name for path in (run / "front").iterdir())[0])


def _works_or_says_one_sentence(ended: Ended) -> bool:
    assert ended.code == 0 or ended.sentence
    return ended.code == 0


def _all_work_after_following_the_advice(run: Path, path: Path, whole: Path) -> None:
    if not _works_or_says_one_sentence(nas("resume", run)):
        said = nas("resume", run).sentence
        assert str(path) in said
        assert "delete it" in said
        path.unlink()
        assert nas("resume", run).code == 0
    assert files_of(run) == files_of(whole)
    assert recorded(run) == recorded(whole)
    assert all(nas(command, run).code == 0 for command in ("front", "report"))


@pytest.mark.parametrize(("pattern", "harm"), QUICK)
def test_a_finished_run_is_mended(finished_run: Path, copied_run: Path, pattern: str, harm: str) -> None:
    path = _file(copied_run, pattern)
    _harm(path, HARMS[harm])
    _all_work_after_following_the_advice(copied_run, path, finished_run)


def test_without_its_semifinals_a_finished_run_has_one_figure_less(copied_run: Path) -> None:
    path = copied_run / "semifinals.json"
    assert "Circles: " in (copied_run / "report.html").read_text(encoding="utf-8")
    _harm(path, 0.7)
    assert f"{path} is damaged: delete it" in nas("report", copied_run).sentence
    path.unlink()
    assert nas("report", copied_run).code == nas("resume", copied_run).code == 0
    assert "Circles: " not in (copied_run / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_trained_network_that_was_cut_short_is_trained_anew(finished_run: Path, copied_run: Path) -> None:
    path = _file(copied_run, "front/{}/int8.safetensors")
    _harm(path, 0.7)
    _file(copied_run, "front/{}/card.json").unlink()
    _all_work_after_following_the_advice(copied_run, path, finished_run)


@pytest.mark.slow
def test_a_trained_network_that_is_gone_is_trained_anew(finished_run: Path, copied_run: Path) -> None:
    path = _file(copied_run, "front/{}/int8.safetensors")
    path.unlink()
    _all_work_after_following_the_advice(copied_run, path, finished_run)


@pytest.mark.slow
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("pattern", FILES)
def test_whatever_a_finished_run_lacks(finished_run: Path, tmp_path: Path, pattern: str, harm: str) -> None:
    for command in (["front"], ["report"], ["export", "--to", str(tmp_path / "model")], ["resume"]):
        run = Path(shutil.copytree(finished_run, tmp_path / command[0]))
        _harm(_file(run, pattern), HARMS[harm])
        _works_or_says_one_sentence(nas(*command, run))
    if pattern not in LOST:
        run = Path(shutil.copytree(finished_run, tmp_path / "advised"))
        path = _file(run, pattern)
        _harm(path, HARMS[harm])
        _all_work_after_following_the_advice(run, path, finished_run)


SOFT_LABELS = "soft_labels.safetensors"
PHASES = {
    "supernet": (*FILES[2:8], "semifinals.json", SOFT_LABELS, "front"),
    "anchors": (*FILES[4:8], "semifinals.json", SOFT_LABELS, "front"),
    "search": ("search.json", "semifinals.json", SOFT_LABELS, "finalists.json", "front"),
    "semifinals": ("semifinals.json", SOFT_LABELS, "finalists.json", "front"),
    "teachers": (SOFT_LABELS, "finalists.json", "front"),
    "finalists": ("front",),
}


def _unfinished(run: Path, phase: str) -> None:
    for name in (*PHASES[phase], "report.html", "clock.json"):
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("phase", PHASES)
def test_a_run_that_was_interrupted_says_so(copied_run: Path, phase: str) -> None:
    _unfinished(copied_run, phase)
    for command in (["front"], ["front", "--json"], ["export", "--to", "model"]):
        said = nas(*command, copied_run).sentence
        assert said == f"run {copied_run} has not finished: `nas resume {copied_run}` goes on with it"


KEPT = [(phase, pattern) for phase, gone in PHASES.items() for pattern in FILES[:8] if pattern not in gone]


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "pattern"), KEPT)
def test_whatever_an_unfinished_run_lacks(
    finished_run: Path, copied_run: Path, phase: str, pattern: str
) -> None:
    _unfinished(copied_run, phase)
    path = copied_run / pattern
    _harm(path, HARMS["cut short"])
    for command in ("front", "report"):
        _works_or_says_one_sentence(nas(command, copied_run))
    if pattern in LOST:
        _works_or_says_one_sentence(nas("resume", copied_run))
    else:
        _all_work_after_following_the_advice(copied_run, path, finished_run)


def test_without_what_teachers_said_a_finished_run_speaks_of_none(copied_run: Path) -> None:
    path, report, word = copied_run / SOFT_LABELS, copied_run / "report.html", "<dt>teachers</dt>"
    assert word in report.read_text(encoding="utf-8")
    _harm(path, 0.001)
    assert f"{path} is damaged: delete it" in nas("report", copied_run).sentence
    path.unlink()
    assert nas("report", copied_run).code == nas("resume", copied_run).code == 0
    assert word not in report.read_text(encoding="utf-8")
