"""Searches that are killed or interrupted: they go on, and end where they would have ended."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import nas
from nas.phases.soft_label_file import read_teaching
from nas.run_files.run_folder import RunFolder
from nas.study import Steps, Study
from nas.study_file import write_study
from tests.nas import command
from tests.nas.small_study import files_of, recorded, small_study

PATIENCE_SECONDS = 60.0
PROGRAM = "from nas.cli import main; main()"


def _trials(run: Path) -> int:
    return len((run / "journal.log").read_bytes().splitlines()) - 2 if (run / "journal.log").exists() else 0


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "supernet": lambda run: (run / "study.toml").exists(),
    "anchors": lambda run: (run / "supernet.safetensors").exists(),
    "search": lambda run: _trials(run) >= 5,
    "semifinals": lambda run: (run / "search.json").exists(),
    "teachers": lambda run: (run / "semifinals.json").exists(),
    "taught": lambda run: (run / "soft_labels.safetensors").exists(),
    "planning": lambda run: (run / "finalists.json").exists(),
    "finalists": lambda run: any(run.glob("front/*/int8.safetensors")),
    "exam": lambda run: any(run.glob("front/*/model.tflite")),
    "cards": lambda run: any(run.glob("front/*/card.json")),
}
"""The first moment of each phase that can be seen from outside."""


def _ended(study: Study, run: Path, moment: str, sign: signal.Signals, delay: float = 0.0) -> tuple[int, str]:
    """Starts a search as a process group of its own and signals it; its exit code and what it wrote."""
    text = run.with_suffix(".toml")
    text.write_text(write_study(study, {}), encoding="utf-8")
    arguments = [sys.executable, "-c", PROGRAM, "search", text, "--out", run]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not MOMENTS[moment](run) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(delay)
    # A terminal sends Ctrl-C to the whole group; a kill meets the one process that was named.
    (os.killpg if sign == signal.SIGINT else os.kill)(process.pid, sign)
    code, said = process.wait(PATIENCE_SECONDS), ""
    if sign != signal.SIGKILL:
        said = process.communicate(timeout=PATIENCE_SECONDS)[1]
    assert process.stderr is not None
    process.stderr.close()
    while (left := _left_behind(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left
    return code, said


def _left_behind(session: int) -> list[str]:
    """Processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(entry.name)
    return found


def _killed_and_resumed(study: Study, run: Path, moment: str) -> Path:
    _ended(study, run, moment, signal.SIGKILL)
    assert command.nas("resume", run).code == 0
    return run


def _same(run: Path, reference: Path) -> None:
    assert files_of(run) == files_of(reference)
    assert recorded(run) == recorded(reference)


def test_a_search_that_is_killed_ends_where_it_would_have_ended(finished_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    code, _ = _ended(small_study(), run, "search", signal.SIGKILL)
    assert code == -signal.SIGKILL
    before = recorded(run)
    assert 5 <= len(before) < 20
    assert command.nas("resume", run).code == 0
    assert recorded(run)[: len(before)] == before
    _same(run, finished_run)


@pytest.mark.slow
def test_a_search_that_is_interrupted_says_how_to_go_on(tmp_path: Path) -> None:
    code, said = _ended(small_study(), tmp_path / "run", "search", signal.SIGINT)
    assert code == 130
    assert said.splitlines()[-1] == f"nas: interrupted; go on with `nas resume {tmp_path}/run`"
    assert "Traceback" not in said


def test_a_finished_run_is_left_as_it_is(copied_run: Path, finished_run: Path) -> None:
    assert command.nas("resume", copied_run).code == 0
    _same(copied_run, finished_run)


@pytest.mark.slow
def test_two_runs_of_one_seed_are_equal_to_the_bit(finished_run: Path, tmp_path: Path) -> None:
    nas.search(small_study(), tmp_path / "again")
    _same(tmp_path / "again", finished_run)


@pytest.mark.slow
def test_another_seed_is_another_search(finished_run: Path, tmp_path: Path) -> None:
    nas.search(replace(small_study(), seed=4), tmp_path / "other")
    assert recorded(tmp_path / "other") != recorded(finished_run)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["supernet", "anchors", "planning", "finalists", "exam", "cards"])
def test_a_run_killed_in_any_phase_ends_where_it_would_have_ended(
    finished_run: Path, tmp_path: Path, moment: str
) -> None:
    _same(_killed_and_resumed(small_study(), tmp_path / "run", moment), finished_run)


@pytest.fixture(scope="module")
def parallel_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "parallel"
    nas.search(_parallel(), path)
    return path


def _parallel() -> Study:
    return replace(small_study(), workers="2", steps=Steps(supernet=20, trials=24, finalist=20))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "sign"),
    [
        ("supernet", signal.SIGINT),
        ("search", signal.SIGKILL),
        ("planning", signal.SIGINT),
        ("exam", signal.SIGTERM),
    ],
)
def test_no_worker_is_left_behind_or_complains(
    parallel_run: Path, tmp_path: Path, moment: str, sign: signal.Signals
) -> None:
    run = tmp_path / "run"
    code, said = _ended(_parallel(), run, moment, sign, delay=0.3)
    assert code == (-signal.SIGKILL if sign == signal.SIGKILL else 130)
    assert "Traceback" not in said
    assert command.nas("resume", run).code == 0
    _same(run, parallel_run)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "ray"])
def test_who_does_the_work_changes_no_result(tmp_path: Path, workers: str) -> None:
    study = replace(_parallel(), score="trained", teachers=0)
    for name, which in (("two", "2"), ("other", workers)):
        nas.search(replace(study, workers=which), tmp_path / name)
    _same_networks(tmp_path / "other", tmp_path / "two")


def _same_networks(run: Path, reference: Path) -> None:
    """All that was found, but for the study, which names the workers."""
    found, expected = files_of(run), files_of(reference)
    assert found.pop("study.toml") != expected.pop("study.toml")
    assert found == expected
    assert recorded(run) == recorded(reference)


@pytest.fixture(scope="module")
def taught_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "taught"
    nas.search(_taught(), path)
    assert read_teaching(RunFolder(path)).teachers
    return path


def _taught() -> Study:
    """Batches so large that a teacher's part of the steps are twelve epochs."""
    return replace(_parallel(), batch_size=512, steps=Steps(supernet=20, trials=24, finalist=400))


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["teachers", "taught", "finalists"])
def test_a_run_with_teachers_ends_where_it_would_have_ended(
    taught_run: Path, tmp_path: Path, moment: str
) -> None:
    _same(_killed_and_resumed(_taught(), tmp_path / "run", moment), taught_run)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["deleted", "emptied"])
def test_what_teachers_said_is_made_anew_for_finalists_that_lack_it(
    taught_run: Path, tmp_path: Path, damage: str
) -> None:
    run = Path(shutil.copytree(taught_run, tmp_path / "run"))
    shutil.rmtree(run / "front")
    path = run / "soft_labels.safetensors"
    if damage == "emptied":
        path.write_bytes(b"")
        assert f"{path} is damaged: delete it" in command.nas("resume", run).sentence
    path.unlink()
    assert command.nas("resume", run).code == 0
    _same(run, taught_run)
