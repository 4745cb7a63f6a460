"""One sitting at a run: what all phases share, and how long each has taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nas.display import Display
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json
from nas.time_plan import TimePlan

CLOCK_SECONDS = 10.0
"""How much a run that is killed may forget of the time that it has used."""


@dataclass(eq=False)
class Session:
    """The problem, its folder, the clock, and who is told.

    `spent` holds seconds by phase, those of earlier sittings included. While a phase reports to `display`,
    its time is written down.
    """

    problem: Problem
    folder: RunFolder
    plan: TimePlan
    display: Display
    spent: dict[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        self.display = _Clocked(self.display, self._write_clock)
        self._phase, self._began = "", 0.0

    @contextmanager
    def phase(self, name: str, seconds: float | None = None) -> Iterator[None]:
        """What is done inside counts as this phase; its time is kept even where it is interrupted.

        `seconds` is how long it is to take, where that is planned.
        """
        self._phase, self._began = name, time.monotonic()
        end = None if seconds is None else self._began + seconds - self.spent.get(name, 0.0)
        self.display.begin(name, self.plan.end, end)
        try:
            yield
        finally:
            self.spent = self._spent_now()
            self._phase = ""
            write_json(self.folder.clock, self.spent)

    def _write_clock(self) -> None:
        if self._phase:
            write_json(self.folder.clock, self._spent_now())

    def _spent_now(self) -> dict[str, float]:
        before = self.spent.get(self._phase, 0.0)
        return {**self.spent, self._phase: before + time.monotonic() - self._began}


class _Clocked:
    """Passes on what it is told, and now and then has the time written down."""

    def __init__(self, display: Display, write_clock: Callable[[], None]) -> None:
        self._display = display
        self._write_clock = write_clock
        self._written = time.monotonic()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._display.say(text)

    def begin(self, phase: str, end_of_run: float | None, end_of_phase: float | None = None) -> None:
        """A phase begins."""
        self._display.begin(phase, end_of_run, end_of_phase)

    def update(self, fraction: float, text: str) -> None:
        """How much of the phase is done."""
        self._display.update(fraction, text)
        if time.monotonic() - self._written >= CLOCK_SECONDS:
            self._written = time.monotonic()
            self._write_clock()


def read_clock(folder: RunFolder) -> dict[str, float]:
    """Seconds by phase of the sittings so far.

    Raises:
        BadRun: the file is damaged.
    """
    if not folder.clock.exists():
        return {}
    remedy = "delete it, and the time used so far is forgotten"
    saved = read_json(folder.clock, remedy)
    with sound(folder.clock, remedy):
        return {str(phase): float(seconds) for phase, seconds in saved.items()}
