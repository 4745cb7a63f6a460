"""The file that trials are written to: one JSON object a line, as Optuna's journal storage reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path


class BrokenJournal(ValueError):
    """A line in the middle of the journal cannot be read: it is no interrupted write that did this."""


def mend(path: Path) -> int:
    """Cuts off what a write that was interrupted left at the journal's end; says how many bytes.

    Optuna skips a last line that is cut short, but then appends to it, and both records are lost.

    Raises:
        BrokenJournal: a line that cannot be read is followed by one that can.
        OSError: the file cannot be read or shortened.
    """
    content = path.read_bytes()
    sound = 0
    broken: int | None = None
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        if not _is_record(line):
            broken = broken or number
        elif broken is not None:
            raise BrokenJournal(f"{path} line {broken} is not a record: restore the file, or start a new run")
        else:
            sound += len(line)
    if sound < len(content):
        os.truncate(path, sound)
    return len(content) - sound


def _is_record(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return False
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "op_code" in record
