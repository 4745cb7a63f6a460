import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nas.files import write_beside, write_bytes, write_text


@contextmanager
def disk_that_fills_up_at(limit: int) -> Iterator[None]:
    """The system refuses to let any file of this process grow beyond `limit` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path):
    write_text(tmp_path / "text", "größer × kleiner\n")
    write_bytes(tmp_path / "bytes", b"\x00\xff" * 1000)
    assert (tmp_path / "text").read_bytes() == "größer × kleiner\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\x00\xff" * 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bytes", "text"]


def test_a_second_writing_replaces_the_first(tmp_path: Path):
    for text in ("a much longer first text", "second"):
        write_text(tmp_path / "text", text)
    assert (tmp_path / "text").read_text() == "second"


def test_a_disk_that_fills_up_leaves_what_stood_there_before_and_nothing_else(tmp_path: Path):
    path = tmp_path / "file"
    write_bytes(path, b"before")
    with disk_that_fills_up_at(4096), pytest.raises(OSError, match="File too large"):
        write_bytes(path, bytes(100_000))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_while_writing_leaves_what_stood_there_before(tmp_path: Path):
    path = tmp_path / "file"
    write_text(path, "before")

    def write_half(beside: Path) -> None:
        beside.write_text("hal")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_beside(path, write_half)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_until_it_is_whole_the_file_is_not_seen(tmp_path: Path):
    path = tmp_path / "file"

    def write(beside: Path) -> None:
        beside.write_text("all of it")
        assert beside.parent == path.parent
        assert not path.exists()

    write_beside(path, write)
    assert path.read_text() == "all of it"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_text(tmp_path / "nowhere" / "file", "text")
