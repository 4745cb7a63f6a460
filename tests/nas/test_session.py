from pathlib import Path

import pytest

from nas import session as sessions
from nas.display import SilentDisplay
from nas.problem import pose
from nas.run_files.run_folder import RunFolder
from nas.session import Session, read_clock
from nas.time_plan import TimePlan
from tests.nas.small_study import small_study


@pytest.fixture
def session(tmp_path: Path) -> Session:
    study = small_study()
    spent = {"supernet": 5.0, "search": 2.0}
    return Session(pose(study), RunFolder(tmp_path), TimePlan(study), SilentDisplay(), spent)


def test_a_phase_counts_its_seconds_on_top_of_those_before(session: Session) -> None:
    with session.phase("search"):
        pass
    assert session.spent == {"supernet": 5.0, "search": pytest.approx(2.0, abs=0.5)}
    assert session.spent["search"] > 2.0
    assert read_clock(session.folder) == session.spent


def test_an_error_does_not_lose_the_time_of_its_phase(session: Session) -> None:
    with pytest.raises(KeyError), session.phase("exam"):
        raise KeyError
    assert read_clock(session.folder).keys() == {"supernet", "search", "exam"}


def test_time_is_written_down_while_a_phase_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CLOCK_SECONDS", 0.0)
    display = session.display
    display.update(0.5, "before any phase")
    assert read_clock(session.folder) == {}
    with session.phase("search"):
        display.update(0.1, "a tenth")
        first = read_clock(session.folder)
        display.update(0.2, "two tenths")
        assert read_clock(session.folder)["search"] > first["search"] > 2.0
    assert read_clock(session.folder)["supernet"] == 5.0
