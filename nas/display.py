"""How a search tells a person where it stands: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import time
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

PLAIN_SECONDS = 10.0
ANNOUNCED_SECONDS = 60.0
REFRESHED_A_SECOND = 4


class Display(Protocol):
    """What the phases of a search report to."""

    def say(self, text: str) -> None:
        """A line that stays."""
        ...

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """A phase begins; when it and all should be done, in monotonic seconds, if that is planned."""
        ...

    def update(self, fraction: float, text: str) -> None:
        """How much of the phase is done, 0 to 1, and what there is to say of it."""
        ...


class SilentDisplay:
    """Says nothing: for use as a library."""

    def say(self, text: str) -> None:
        """Nothing."""

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """Nothing."""

    def update(self, fraction: float, text: str) -> None:
        """Nothing."""


class PartOfPhase:
    """Reports to another display what is done of one part of a phase, from `start` to `end` of it."""

    def __init__(self, whole: Display, start: float, end: float) -> None:
        self._whole, self._start, self._end = whole, start, end

    def say(self, text: str) -> None:
        """A line that stays."""
        self._whole.say(text)

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """A phase begins."""
        self._whole.begin(phase, end_of_run, end_of_phase)

    def update(self, fraction: float, text: str) -> None:
        """How much of the part is done, 0 to 1."""
        self._whole.update(self._start + fraction * (self._end - self._start), text)


class Clockwork:
    """Knows how far a phase is and what remains, of it and of the run."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._phase = ""
        self._phase_began = self._began
        self._end_of_run: float | None = None
        self._end_of_phase: float | None = None

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """A phase begins now."""
        self._phase, self._phase_began = phase, time.monotonic()
        self._end_of_run, self._end_of_phase = end_of_run, end_of_phase

    def line(self, fraction: float, text: str) -> str:
        """E.g. `supernet 42% · step 1,200, loss 0.612 · 1:10 left, 24:03 of the run`."""
        now = time.monotonic()
        of_run = math.inf if self._end_of_run is None else max(0.0, self._end_of_run - now)
        of_phase = min(of_run, self._left_of_phase(fraction, now))
        left = "estimating" if of_phase == math.inf else f"{clock(of_phase)} left"
        if of_run < math.inf:
            left += f", {clock(of_run)} of the run"
        return f"{self._phase} {fraction:4.0%} · {text} · {left}"

    def _left_of_phase(self, fraction: float, now: float) -> float:
        """Seconds: as planned, or else as what is done has taken; infinite where that says nothing yet."""
        if self._end_of_phase is not None:
            return max(0.0, self._end_of_phase - now)
        spent = now - self._phase_began
        return spent / fraction - spent if fraction > 0.01 else math.inf


class PlainDisplay:
    """Lines for logs and pipes, at most one every ten seconds; phases of minutes are announced."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._clockwork = Clockwork()
        self._last = 0.0

    def say(self, text: str) -> None:
        """A line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """The clock of the phase starts."""
        self._clockwork.begin(phase, end_of_run, end_of_phase)
        self._last = time.monotonic()
        if end_of_phase is not None and end_of_phase - self._last > ANNOUNCED_SECONDS:
            self.say(self._clockwork.line(0.0, "begins"))

    def update(self, fraction: float, text: str) -> None:
        """A line, if the last one is ten seconds old."""
        if time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            self.say(self._clockwork.line(fraction, text))


class LiveDisplay:
    """One line that is rewritten in place, for terminals; its clocks go on between two reports."""

    def __init__(self) -> None:
        self._clockwork = Clockwork()
        self._told: tuple[float, str] | None = None
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            get_renderable=self._line,
            console=self._console,
            refresh_per_second=REFRESHED_A_SECOND,
            transient=True,
        )

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """A line above the live one."""
        self._console.print(Text(text))

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """The clock of the phase starts."""
        self._clockwork.begin(phase, end_of_run, end_of_phase)
        self._told = 0.0, "begun"

    def update(self, fraction: float, text: str) -> None:
        """Changes the line, which is shown within a second."""
        self._told = fraction, text

    def _line(self) -> Text:
        return Text("" if self._told is None else self._clockwork.line(*self._told))


def clock(seconds: float) -> str:
    """`1:05`, or `2:01:05` from an hour on."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
