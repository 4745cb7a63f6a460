"""The search as a function."""

from __future__ import annotations

from pathlib import Path

from nas.display import Display, SilentDisplay
from nas.pipeline import begin
from nas.run import Run, load_run
from nas.study import Study


def search(study: Study, out: str | Path | None = None, display: Display | None = None) -> Run:
    """Runs a whole search and returns the finished run; its folder is `out`, else `runs/<name>`.

    Call it under `if __name__ == "__main__":`, since worker processes import the calling program anew.

    Raises:
        ValueError: the study cannot be met; the sentence says what to change.
        OSError: the folder cannot be written.
    """
    path = Path(out) if out is not None else Path("runs") / study.name
    begin(study, path, display or SilentDisplay())
    return load_run(path)
