"""Files written beside and renamed into place, so that none is ever seen half-written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write_beside(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file next to `path`, then renames it to `path`.

    Raises:
        OSError: the disk refused it; what stood at `path` before is still there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """UTF-8 text, all of it or none."""
    write_beside(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Bytes, all of them or none."""
    write_beside(path, lambda beside: beside.write_bytes(content))
