"""One sitting at a run: what all phases share, and how long each has taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nas.display import Display
from nas.problem import Problem
from nas.run_files.run_folder import RunFolder, read_json, sound, write_json
from nas.time_plan import TimePlan


@dataclass(frozen=True, eq=False)
class Session:
    """The problem, its folder, the clock, and who is told.

    `spent` holds seconds by phase, those of earlier sittings included.
    """

    problem: Problem
    folder: RunFolder
    plan: TimePlan
    display: Display
    spent: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What is done inside counts as this phase; its time is kept even where it is interrupted."""
        self.display.begin(name, self.plan.end)
        began = time.monotonic()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.monotonic() - began
            write_json(self.folder.clock, self.spent)


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
