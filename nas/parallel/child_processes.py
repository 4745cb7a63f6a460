"""What keeps worker processes from outliving the run, and from speaking up when it is interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Processes started inside never hear of Ctrl-C; the thread that starts them hears of it afterwards.

    Ctrl-C reaches every process of a terminal, and one that is still importing would end in a traceback. What
    a thread blocks stays blocked in processes that it starts (POSIX.1-2017, `exec`). Windows holds nothing.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Ends this process as soon as the one that started it is gone, however that ended.

    A worker waits on a queue that it could itself write to: it would wait forever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
