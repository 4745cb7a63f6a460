"""Writes that fail for want of room, made to by a limit on the size of files."""

import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import nas
from nas.study_file import write_study
from tests.nas import command
from tests.nas.small_study import files_of, recorded, small_study

LATER = {
    "supernet.safetensors": ("supernet.json", "supernet.safetensors", "journal.log", "search.json", "front"),
    "journal.log": ("journal.log", "search.json", "front"),
    "int8.safetensors": ("front",),
    "model.onnx": ("front",),
    "card.json": (),
    "report.html": ("report.html",),
}
"""By what is to be written: what must be gone, so that it is."""


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own choice: the write fails instead
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _size(run: Path, name: str) -> int:
    found = [path.stat().st_size for path in run.rglob(name)]
    return max(found) - 1


QUICK = {"journal.log", "report.html"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in LATER]
)
def test_a_run_whose_disk_fills_up_says_so_and_can_be_gone_on_with(
    finished_run: Path, copied_run: Path, name: str
) -> None:
    limit = _size(copied_run, name)
    for later in LATER[name]:
        path = copied_run / later
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if name == "card.json":
        for path in copied_run.glob("front/*/card.json"):
            path.unlink()
        limit = 100  # smaller than any exported file: the first of them is what fails
    with _largest_file(limit):
        ended = command.nas("resume", copied_run)
    said = ended.sentence
    assert str(copied_run) in said.split(":")[0]
    assert said.endswith(f"file too large; make room there, then go on with `nas resume {copied_run}`")
    assert not list(copied_run.rglob("*.part"))
    assert command.nas("resume", copied_run).code == 0
    assert files_of(copied_run) == files_of(finished_run)
    assert recorded(copied_run) == recorded(finished_run)


def test_a_search_that_cannot_even_begin_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(write_study(small_study(), {}), encoding="utf-8")
    with _largest_file(100):
        said = command.nas("search", tmp_path / "my.toml", "--out", tmp_path / "run").sentence
    assert said.endswith("make room there, then try again")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_database_without_room_says_so_and_keeps_its_trials(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trials.db"
    (tmp_path / "my.toml").write_text(write_study(replace(small_study(), storage=url), {}), encoding="utf-8")
    # The supernet of this study has 143 kB; the database has 176 kB in the end.
    with _largest_file(165_000):
        said = command.nas("search", tmp_path / "my.toml", "--out", tmp_path / "run").sentence
    assert said.startswith("the trial storage does not take what is written (OperationalError)")
    assert command.nas("resume", tmp_path / "run").code == 0
    assert nas.load_run(tmp_path / "run").front


def test_an_export_without_room_leaves_nothing(finished_run: Path, tmp_path: Path) -> None:
    with _largest_file(2_000):
        said = command.nas("export", finished_run, "--to", tmp_path / "model").sentence
    assert said == f"cannot read or write {tmp_path}/model: file too large; make room there, then try again"
    assert not (tmp_path / "model").exists()
