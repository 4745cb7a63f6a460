"""One small search, run to its end once and looked at by many tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import nas
from tests.nas.small_study import small_study


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `small_study`: to be read, or copied, never written to."""
    path = tmp_path_factory.mktemp("runs") / "finished"
    nas.search(small_study(), path)
    return path


@pytest.fixture
def copied_run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(finished_run, tmp_path / "run"))
