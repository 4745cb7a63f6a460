"""One thread a test process, and one small search that many tests look at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import nas
from tests.nas.small_study import small_study

# Networks here are tiny: threads that wait for one another cost more than they save. Torch, which reads this
# as it is imported, has not been yet.
os.environ.setdefault("OMP_NUM_THREADS", "1")


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
