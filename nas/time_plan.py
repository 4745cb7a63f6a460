"""How the minutes of a run are shared out over its phases."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from nas.scores.by_name import score_rule
from nas.scores.rule import Shares
from nas.study import Study
from nas.training.allowance import Allowance

BRIEF_PART = 4
CANDIDATE_PART = 16
"""Where steps decide, an anchor or semifinalist and a candidate get these parts of a finalist's."""
EARLY_LIMIT = 0.6
"""Of what is left, where a run that was interrupted is late: the most for a phase up to the search."""
SEMIFINAL_SHARE = 0.16
"""Of a run's minutes, whatever the score, where the phases before were in time."""
SEMIFINAL_LIMIT = 0.3
"""Of what is left, where they were not."""
TEACHER_SHARE = 0.27
TEACHER_LIMIT = 0.35
"""The same of teachers. Of 90 minutes of Fashion-MNIST, twice as much training of teachers was worth more to
the best finalist than a third more training of its own: README, "How to take these figures"."""
CLOSING_SECONDS = 5.5
"""For exports, the report and the end of the pools, beside the exam itself."""
LEAST_FINALIST_SHARE = 0.2
"""What finalists get even where the phases before took too long."""


@dataclass(frozen=True, slots=True)
class TimePlan:
    """Minutes in, allowances out; with steps, the steps themselves.

    `before` are the seconds that an interrupted session of the same run has used.
    """

    study: Study
    before: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def end(self) -> float | None:
        """When the run should be done, in monotonic seconds; None where steps decide."""
        return None if self.study.minutes is None else self.began - self.before + 60.0 * self.study.minutes

    def supernet(self) -> Allowance:
        """Of the weight bank."""
        if self.study.steps is not None:
            return Allowance(steps=self.study.steps.supernet)
        return Allowance(seconds=self._part(self._shares.supernet, EARLY_LIMIT))

    def anchors(self) -> Allowance:
        """Of the anchors: seconds for all together, or steps for each."""
        if self.study.steps is not None:
            return Allowance(steps=max(1, self.study.steps.finalist // BRIEF_PART))
        return Allowance(seconds=self._part(self._shares.anchors, EARLY_LIMIT))

    def search(self) -> Allowance:
        """Of the controller."""
        if self.study.steps is not None:
            return Allowance(steps=self.study.steps.trials)
        return Allowance(seconds=self._part(self._shares.search, EARLY_LIMIT))

    def semifinals(self) -> tuple[Allowance, Allowance]:
        """Of both rounds: seconds for all semifinalists together, or steps for each."""
        if self.study.steps is not None:
            steps = self.study.steps.finalist
            return Allowance(steps=max(1, steps // (2 * BRIEF_PART))), Allowance(
                steps=max(1, steps // BRIEF_PART)
            )
        each = Allowance(seconds=0.5 * self._part(SEMIFINAL_SHARE, SEMIFINAL_LIMIT))
        return each, each

    def teachers(self) -> Allowance:
        """Seconds for training and asking them all, or steps for each."""
        if self.study.steps is not None:
            return Allowance(steps=max(1, self.study.steps.finalist // BRIEF_PART))
        return Allowance(seconds=self._part(TEACHER_SHARE, TEACHER_LIMIT))

    def finalists(self, exam_seconds: float) -> float | None:
        """Seconds that are left for finalists, the exam kept aside; None where steps decide."""
        if self.end is None:
            return None
        left = self.end - time.monotonic() - exam_seconds - CLOSING_SECONDS
        return max(left, LEAST_FINALIST_SHARE * self._total)

    def _part(self, share: float, limit: float) -> float:
        """Seconds: a share of the run's, at most so much of what is left."""
        assert self.end is not None
        return min(share * self._total, limit * max(0.0, self.end - time.monotonic()))

    @property
    def _shares(self) -> Shares:
        return score_rule(self.study.score).shares

    @property
    def _total(self) -> float:
        assert self.study.minutes is not None
        return 60.0 * self.study.minutes
