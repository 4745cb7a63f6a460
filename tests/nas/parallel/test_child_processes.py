import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from nas.parallel.child_processes import interrupts_held

BLOCKED = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


def _is_blocked_in_a_child() -> bool:
    return (
        subprocess.run([sys.executable, "-c", BLOCKED], stdout=subprocess.PIPE, check=True).stdout
        == b"True\n"
    )


def test_a_process_started_while_interrupts_are_held_never_hears_of_them() -> None:
    with interrupts_held():
        assert _is_blocked_in_a_child()
    assert not _is_blocked_in_a_child()


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Interrupts are heard, as they are not by what a shell has started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_that_was_held_arrives_afterwards() -> None:
    happened = []
    try:
        with interrupts_held():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            happened.append("held")
    except KeyboardInterrupt:
        happened.append("interrupted")
    assert happened == ["held", "interrupted"]


PARENT = """
import multiprocessing, os, time
from nas.parallel.child_processes import end_with_parent

def idle():
    end_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=idle).start()
    time.sleep(60)
"""


def test_a_worker_ends_when_its_parent_is_killed(tmp_path) -> None:
    (tmp_path / "parent.py").write_text(PARENT, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while _is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    parent.stdout.close()
    assert not _is_alive(worker)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
