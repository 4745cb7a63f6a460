"""Everything that a search is told: the data, the budget, where to look and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from constraints.budget import Budget

DEFAULT_MINUTES = 30.0


class BadStudy(ValueError):
    """A study holds something that it must not, or lacks something that it must have."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How much is done where no wall clock decides: a search in steps is repeatable to the bit.

    `supernet` and `finalist` are training steps, `trials` are candidates scored.
    """

    supernet: int
    trials: int
    finalist: int

    def __post_init__(self) -> None:
        for name in ("supernet", "trials", "finalist"):
            if getattr(self, name) < 1:
                raise BadStudy(f"steps.{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Study:
    """One search. Either `minutes` or `steps` bounds it.

    `space` is a preset's name, the path of a Python file that defines `space(input_shape, classes)`, or
    "auto" for the preset that suits the data. `augment` may hold "shift" and "flip"; None leaves it to the
    data. Networks are trained in `precision`: "float32", "bfloat16", or "auto" for the faster one here.
    `workers` is "auto" (a process a core), "inline", a number of processes, or "ray[:ADDRESS]".
    `score` is how candidates are scored: a file of `nas/scores`. So many wider networks are trained, whatever
    the budget, as `teachers` of the finalists. Every finalist is trained with `seeds` seeds, from `seed` on.
    `baseline` is the path of an int8 .tflite file, the model to beat.

    Raises:
        BadStudy: a value is out of range.
    """

    name: str
    data: str
    space: str = "auto"
    target: str = "host"
    budget: Budget = field(default_factory=Budget)
    controller: str = "hypervolume-gain"
    score: str = "trained"
    weight_sharing: str = "single-path"
    seed: int = 0
    minutes: float | None = DEFAULT_MINUTES
    steps: Steps | None = None
    finalists: int = 6
    seeds: int = 1
    teachers: int = 2
    score_images: int = 6000
    batch_size: int = 128
    augment: tuple[str, ...] | None = None
    precision: str = "auto"
    workers: str = "auto"
    storage: str | None = None
    baseline: str | None = None

    def __post_init__(self) -> None:
        if Path(self.name).name != self.name or self.name in {"", ".."}:
            raise BadStudy(f"name must be one that a folder can have, got {self.name!r}")
        for name, least in (
            ("finalists", 1),
            ("seeds", 1),
            ("teachers", 0),
            ("score_images", 10),
            ("batch_size", 2),
            ("seed", 0),
        ):
            if getattr(self, name) < least:
                raise BadStudy(f"{name} must be at least {least}, got {getattr(self, name)}")
        self._check_length()
        self._check_words()

    def _check_length(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise BadStudy(
                f"a study gives either minutes or [steps], got minutes={self.minutes} and steps={self.steps}"
            )
        if self.minutes is not None and not 0.5 <= self.minutes <= 60 * 24 * 30:
            raise BadStudy(f"minutes must be between 0.5 and 43,200 (30 days), got {self.minutes:g}")

    def _check_words(self) -> None:
        if self.weight_sharing not in {"attentive", "sandwich", "single-path"}:
            raise BadStudy(
                f"weight_sharing must be attentive, sandwich or single-path, got {self.weight_sharing!r}"
            )
        if self.precision not in {"auto", "bfloat16", "float32"}:
            raise BadStudy(f"precision must be auto, bfloat16 or float32, got {self.precision!r}")
        if self.storage is not None and "://" not in self.storage:
            raise BadStudy(f"storage must be a URL such as sqlite:///trials.db, got {self.storage!r}")
        unknown = set(self.augment or ()) - {"shift", "flip"}
        if unknown:
            raise BadStudy(f"augment may hold shift and flip, got {min(unknown)!r}")
