"""What a report is made from: plain values, read off a run folder once and never changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from constraints.arena.layout import Layout
from constraints.budget import Budget
from constraints.cost import Cost


@dataclass(frozen=True, slots=True)
class Known:
    """One quantity as the model predicted it and as a runtime recorded it; None where it was not done."""

    predicted: float | None = None
    measured: float | None = None

    @property
    def value(self) -> float | None:
        """The measurement where there is one, else the prediction."""
        return self.predicted if self.measured is None else self.measured

    @property
    def is_measured(self) -> bool:
        """Whether `value` is a measurement."""
        return self.measured is not None


@dataclass(frozen=True, slots=True)
class Scoring:
    """How candidates were scored, to go after "scored", and whether a supernet was trained for it."""

    how: str
    uses_supernet: bool


@dataclass(frozen=True, slots=True)
class ScoredPoint:
    """A candidate that was scored on the validation split, `seconds` after the search began.

    `accuracy` is a fraction of 1; `cost` is predicted.
    """

    number: int
    digest: str
    accuracy: float
    loss: float
    cost: Cost
    layout: Layout
    seconds: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Int8 test accuracy over `count` seeds: the mean and the standard deviation, fractions of 1."""

    mean: float
    deviation: float
    count: int


@dataclass(frozen=True, slots=True)
class FinalistPoint:
    """A network that was trained to the end; accuracies are fractions of 1, int8 unless named float.

    `verified` says that `runtime` (its name and version) executed it; `why_not` says why a finalist is not
    on the front, and is empty where it is. Memory is that of the target's kernels and pointers. Where those
    are not the ones that executed it, it is predicted, and `host_arena_bytes` is the arena that it ran in
    here. `executed` says that the accuracies are those of the file as `runtime` ran it, not of the
    simulation; `expected_loss` is what the search scored it, None where that is not on record.
    `unplanned_bytes` is what TFLM's own planner would take for the activations on the target. `spread` is
    given where it was trained with several seeds.
    """

    digest: str
    val_accuracy: float
    test_accuracy: float | None
    float_test_accuracy: float | None
    activations_bytes: Known
    arena_bytes: Known
    flash_bytes: Known
    macs: int
    latency_ms: float | None
    verified: bool
    on_front: bool
    why_not: str
    layout: Layout
    runtime: str
    executed: bool
    expected_loss: float | None = None
    unplanned_bytes: int | None = None
    spread: Spread | None = None
    host_arena_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class BaselinePoint:
    """A given int8 model, the one to beat; its accuracy is a fraction of 1, None where it could not be asked.

    Sizes are known as a finalist's are. `notes` say how images were fed to it, or why none were, and what
    its figures leave out.
    """

    name: str
    test_accuracy: float | None
    activations_bytes: Known
    arena_bytes: Known
    flash_bytes: int
    macs: int
    latency_ms: float | None
    energy_uj: float | None
    host_arena_bytes: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrieflyTrained:
    """A network trained for a short time: the loss that was expected of it, and the one that it came to.

    Of an anchor its loss is expected by a rule fitted to the other anchors.
    """

    digest: str
    expected_loss: float
    trained_loss: float

    @property
    def can_be_shown(self) -> bool:
        """Not where its training blew up."""
        return math.isfinite(self.expected_loss) and math.isfinite(self.trained_loss)


@dataclass(frozen=True, slots=True)
class Corner:
    """Where hypervolume is measured from: an expected loss, and costs by the budget's fields."""

    loss: float
    costs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One entry of the supernet's training log; a loss is None where it was not taken at this step."""

    seconds: float
    step: int
    train_loss: float | None
    val_loss: float | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that the report shows.

    `budget` maps fields of `constraints.budget.Budget` to their limits; `finalists` come best first;
    `hypervolume` holds (seconds, trial number, hypervolume), measured from `corner`; `rejections` hold
    (reason, how many candidates); `facts` are versions, seed and conditions, by name. Every
    finalist was trained with `seeds` seeds, and the best of them on validation kept.

    Raises:
        ValueError: a limit is not positive or is set on a quantity that a `Budget` does not have.
    """

    title: str
    dataset: str
    target: str
    budget: Mapping[str, float]
    scoring: Scoring
    controller: str
    scored: Sequence[ScoredPoint] = ()
    finalists: Sequence[FinalistPoint] = ()
    curve: Sequence[CurvePoint] = ()
    anchors: Sequence[BrieflyTrained] = ()
    semifinals: Sequence[BrieflyTrained] = ()
    hypervolume: Sequence[tuple[float, int, float]] = ()
    corner: Corner | None = None
    rejections: Sequence[tuple[str, int]] = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    baseline: BaselinePoint | None = None
    seeds: int = 1

    def __post_init__(self) -> None:
        known = [entry.name for entry in fields(Budget)]
        for axis, limit in self.budget.items():
            if axis not in known:
                raise ValueError(f"a report's budget may limit {', '.join(known)}, got {axis!r}")
            if not (math.isfinite(limit) and limit > 0):
                raise ValueError(f"the budget for {axis} must be a positive number, got {limit}")

    @property
    def ranked(self) -> tuple[FinalistPoint, ...]:
        """The finalists, those on the front before the others, each group in its given order."""
        return tuple(sorted(self.finalists, key=lambda finalist: not finalist.on_front))
