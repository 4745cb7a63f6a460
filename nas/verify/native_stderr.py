"""Catches what native code writes to file descriptor 2, which Python's `sys.stderr` knows nothing of."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

STDERR = 2
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def native_stderr() -> Iterator[Callable[[], str]]:
    """Within the block, descriptor 2 goes to a file; the function given returns what is in it so far.

    Descriptors belong to a process, so other processes are not touched; threads take their turn.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as file:
        if sys.stderr is not None:
            sys.stderr.flush()
        terminal = _duplicate_or_none()
        os.dup2(file.fileno(), STDERR)
        try:
            yield lambda: os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")
        finally:
            _restore(terminal)


def _duplicate_or_none() -> int | None:
    """A second descriptor for the terminal; None where a daemon has closed descriptor 2."""
    with suppress(OSError):
        return os.dup(STDERR)
    return None


def _restore(terminal: int | None) -> None:
    if terminal is None:
        os.close(STDERR)
        return
    os.dup2(terminal, STDERR)
    os.close(terminal)
