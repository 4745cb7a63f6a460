import io
import re
import sys
import time

import pytest

from nas import display
from nas.display import Clockwork, LiveDisplay, PartOfPhase, PlainDisplay, SilentDisplay, clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (5.4, "0:05"),
        (59.6, "1:00"),
        (65, "1:05"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (7265, "2:01:05"),
    ],
)
def test_a_clock_shows_minutes_and_seconds_and_hours_where_there_are_any(seconds: float, text: str):
    assert clock(seconds) == text


def test_a_line_says_how_far_the_phase_is_and_what_is_left_of_it_and_of_the_run():
    clockwork = Clockwork()
    clockwork.begin("supernet", time.monotonic() + 600.4)
    time.sleep(0.2)
    # A fifth took 0.2 s, so 0.8 s are left; on a busy machine it may have taken a little longer.
    line = clockwork.line(0.2, "step 7")
    assert re.fullmatch(r"supernet  20% · step 7 · 0:0[1-3] left, (10:00|9:5\d) of the run", line)


def test_a_line_does_not_guess_at_the_very_beginning_nor_speak_of_an_end_that_is_not_planned():
    clockwork = Clockwork()
    clockwork.begin("search", None)
    assert clockwork.line(0.0, "3 scored") == "search   0% · 3 scored · estimating"


def test_a_phase_that_is_planned_ends_as_planned_however_little_is_done():
    clockwork = Clockwork()
    clockwork.begin("teachers", time.monotonic() + 900.4, time.monotonic() + 60.4)
    assert re.search(r"· (1:00|0:59) left, (15:00|14:59) of the run", clockwork.line(0.0, "0 of 2 trained"))


def test_a_phase_never_takes_longer_than_the_run():
    clockwork = Clockwork()
    clockwork.begin("semifinals", time.monotonic() + 5.4)
    time.sleep(0.2)
    assert "· 0:05 left, 0:05 of the run" in clockwork.line(0.02, "1 of 50")  # by itself, 10 s


def test_a_long_phase_is_announced_in_a_log_and_a_short_one_is_not():
    stream = io.StringIO()
    plain = PlainDisplay(stream)
    now = time.monotonic()
    plain.begin("exam", now + 700.4, now + 20.4)
    plain.begin("finalists", now + 700.4)
    assert stream.getvalue() == ""
    plain.begin("teachers", now + 700.4, now + 600.4)
    assert re.fullmatch(
        r"teachers   0% · begins · (10:00|9:59) left, (11:40|11:39) of the run\n", stream.getvalue()
    )


def test_a_part_of_a_phase_counts_for_its_part():
    told: list[tuple[float, str]] = []

    class Recorded(SilentDisplay):
        def update(self, fraction: float, text: str) -> None:
            told.append((fraction, text))

    part = PartOfPhase(Recorded(), 0.5, 0.9)
    for fraction in (0.0, 0.25, 1.0):
        part.update(fraction, "x")
    assert told == [(0.5, "x"), (pytest.approx(0.6), "x"), (0.9, "x")]


def test_an_end_that_has_passed_leaves_no_time():
    clockwork = Clockwork()
    clockwork.begin("exam", time.monotonic() - 100)
    assert clockwork.line(0.0, "x").endswith("0:00 of the run")


def test_plain_lines_are_said_at_once_and_progress_only_now_and_then(monkeypatch: pytest.MonkeyPatch):
    stream = io.StringIO()
    plain = PlainDisplay(stream)
    plain.say("begun")
    plain.begin("search", None)
    plain.update(0.1, "too early")
    monkeypatch.setattr(display, "PLAIN_SECONDS", 0.05)
    time.sleep(0.06)
    plain.update(0.5, "now")
    plain.update(0.6, "too early again")
    first, second = stream.getvalue().splitlines()
    assert first == "begun"
    assert second.startswith("search  50% · now · ")


def test_plain_lines_go_to_the_standard_error_of_the_moment(capsys: pytest.CaptureFixture[str]):
    PlainDisplay().say("here")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "here\n")


def test_a_live_display_shows_its_line_and_takes_it_away_at_the_end(capsys: pytest.CaptureFixture[str]):
    with LiveDisplay() as live:
        live.begin("search", None)
        live.update(0.5, "half")
        live.say("a [line] that stays")
    assert "a [line] that stays" in capsys.readouterr().err


def test_a_silent_display_says_nothing(capsys: pytest.CaptureFixture[str]):
    silent = SilentDisplay()
    silent.say("x")
    silent.begin("search", 1.0)
    silent.update(0.5, "y")
    sys.stderr.flush()
    assert capsys.readouterr() == ("", "")
