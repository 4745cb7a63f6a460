import os
from pathlib import Path

import pytest

from tests.nas.command import refused


def test_an_output_folder_that_holds_a_run_is_left_alone(finished_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")}
    said = refused("search", "digits", "--out", finished_run)
    assert said.startswith(f"folder {finished_run} already holds a run: go on with it by `nas resume")
    assert {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")} == before


def test_an_output_folder_that_holds_other_files_is_left_alone() -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").touch()
    assert "already exists and is no empty folder" in refused("search", "digits", "--out", "mine")
    assert os.listdir("mine") == ["thesis.tex"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("command", [["front"], ["resume"], ["report"], ["export", "--to", "model"]])
def test_a_run_that_is_none_is_refused(command: list[str]) -> None:
    Path("file").touch()
    Path("folder").mkdir()
    assert refused(*command, "nowhere").startswith("run nowhere does not exist")
    assert refused(*command, "file").startswith("run file is no folder")
    assert refused(*command, "folder").startswith("folder folder holds no run")
