"""Where a run keeps its files, and how each is written and read."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nas.files import write_bytes, write_text

MADE_ANEW = "delete it, and `nas resume` makes it anew"
REMADE_IF_NEEDED = "delete it, and it is made anew where it is needed still"


FILES = {
    "tflite": "model.tflite",
    "tflite_plain": "model_plain.tflite",
    "module": "model.py",
    "weights": "weights.safetensors",
    "onnx": "model.onnx",
    "card": "card.json",
}
"""What a finalist's folder holds, by the names that `nas front --json` uses."""


class BadRun(ValueError):
    """A run folder is missing, is in the way, or was cut short."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def resuming(self) -> str:
        """The command that goes on with the run, as it is quoted in a sentence."""
        return f"`nas resume {shlex.quote(str(self.path))}`"

    @property
    def study(self) -> Path:
        """The resolved study, with the versions that made it."""
        return self.path / "study.toml"

    @property
    def space(self) -> Path:
        """A user's own search space, copied as it was when the run began."""
        return self.path / "space.py"

    @property
    def baseline(self) -> Path:
        """The model to beat, copied as it was when the run began."""
        return self.path / "baseline.tflite"

    @property
    def baseline_facts(self) -> Path:
        """What executing the model to beat showed."""
        return self.path / "baseline.json"

    @property
    def journal(self) -> Path:
        """Every trial, in Optuna's journal format."""
        return self.path / "journal.log"

    @property
    def checkpoint(self) -> Path:
        """An unfinished supernet."""
        return self.path / "supernet.checkpoint"

    @property
    def supernet(self) -> Path:
        """The trained weight bank."""
        return self.path / "supernet.safetensors"

    @property
    def curve(self) -> Path:
        """How the supernet's training went."""
        return self.path / "supernet.json"

    @property
    def anchors(self) -> Path:
        """The networks that the expected loss is fitted on."""
        return self.path / "anchors.json"

    @property
    def candidates(self) -> Path:
        """How long every candidate is trained."""
        return self.path / "candidates.json"

    @property
    def search(self) -> Path:
        """What was rejected before training, and why the search ended; written when it has."""
        return self.path / "search.json"

    @property
    def semifinals(self) -> Path:
        """What those came to of which some became finalists."""
        return self.path / "semifinals.json"

    @property
    def soft_labels(self) -> Path:
        """What teachers say of the training images, and who they were."""
        return self.path / "soft_labels.safetensors"

    @property
    def finalists(self) -> Path:
        """Which networks are trained to the end, and for how long."""
        return self.path / "finalists.json"

    @property
    def clock(self) -> Path:
        """Seconds used so far, by phase."""
        return self.path / "clock.json"

    @property
    def report(self) -> Path:
        """The report."""
        return self.path / "report.html"

    def finalist(self, digest: str) -> Path:
        """The folder of one finalist."""
        return self.path / "front" / digest

    def network(self, digest: str) -> Path:
        """One finalist's int8 network as whole numbers."""
        return self.finalist(digest) / "int8.safetensors"

    def network_of_seed(self, digest: str, seed: int) -> Path:
        """The same as one of several seeds trained it."""
        return self.finalist(digest) / f"int8-seed{seed}.safetensors"

    def card(self, digest: str) -> Path:
        """What is known of one finalist; written last."""
        return self.finalist(digest) / "card.json"

    def create(self, study: str, space: bytes | None = None, baseline: bytes | None = None) -> None:
        """Makes the folder with its study, written last, and copies of the user's own space and baseline.

        Raises:
            BadRun: it holds a run, or other files.
            OSError: it cannot be made; then nothing is left of it.
        """
        self.check_free()
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            for path, content in ((self.space, space), (self.baseline, baseline)):
                if content is not None:
                    write_bytes(path, content)
            write_text(self.study, study)
        except OSError:
            with suppress(OSError):
                self.space.unlink(missing_ok=True)
                self.baseline.unlink(missing_ok=True)
                self.path.rmdir()
            raise

    def check_free(self) -> None:
        """Nothing, if a run can begin here.

        Raises:
            BadRun: the folder holds a run, or other files.
        """
        if self.study.exists():
            raise BadRun(
                f"folder {self.path} already holds a run: go on with it by {self.resuming}, "
                "or give another --out"
            )
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise BadRun(f"{self.path} already exists and is no empty folder: give another --out")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes from working on the run, and sweeps up what a killed one left half-written.

        Raises:
            BadRun: another process is at work on it.
        """
        with self.study.open("rb") as file:
            _lock(file, self.path)
            for path in self.path.rglob(".*.part"):
                path.unlink()
            yield

    def open(self) -> None:
        """Checks that a run is here.

        Raises:
            BadRun: it is not.
        """
        if not self.path.is_dir():
            what = "is no folder" if self.path.exists() else "does not exist"
            raise BadRun(f"run {self.path} {what}: give the folder that `nas search` wrote")
        if not self.study.is_file():
            raise BadRun(f"folder {self.path} holds no run: its study.toml is missing")


def _lock(file: BinaryIO, run: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BadRun(f"run {run} is under way in another process: wait for it to end, or end it") from error


def relative_files(digest: str) -> dict[str, str]:
    """The files of a finalist as paths from the run folder."""
    return {name: str(Path("front") / digest / file) for name, file in FILES.items()}


def write_json(path: Path, value: object) -> None:
    """Indented JSON, all of it or none."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path, remedy: str = MADE_ANEW) -> Any:  # noqa: ANN401 - whatever was written
    """What `write_json` wrote; `remedy` is what to do where it cannot be read.

    Raises:
        BadRun: the file is missing or damaged.
    """
    with sound(path, remedy):
        return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def sound(path: Path, remedy: str = MADE_ANEW, *failures: type[Exception]) -> Iterator[None]:
    """Says which file of a run was cut short when what reads it fails: with `failures`, or for its content.

    Raises:
        BadRun: the file is missing or damaged.
    """
    try:
        yield
    except BadRun:
        raise
    except FileNotFoundError as error:
        raise BadRun(f"run file {path} is missing: {remedy.removeprefix('delete it, and ')}") from error
    except (ValueError, KeyError, TypeError, AttributeError, *failures) as error:
        raise BadRun(f"run file {path} is damaged: {remedy}") from error
