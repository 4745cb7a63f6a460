"""The quantities that a point of the front may be shown by; each says how its numbers are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas.report.data import BaselinePoint, FinalistPoint, Known, ScoredPoint

RECORDED = "{finalists}; scored candidates predicted from the network's description."
"""How a quantity is known that the runtime records; {finalists} is filled in with how many were measured.

Of the qualities below, {executed} is filled in with how the finalists' accuracies are known, and {scoring}
with how candidates were scored.
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity of a scored candidate, of a finalist and of the baseline.

    `key` is the budget's field where the budget can limit it. `form` is how the page prints it: bytes,
    percent, count, ms, uj or plain. `known` says in words how its numbers are known; `scored_sure` that a
    scored candidate's is measured or counted, not predicted.
    """

    key: str
    label: str
    form: str
    known: str
    scored: Callable[[ScoredPoint], float | None]
    finalist: Callable[[FinalistPoint], Known]
    baseline: Callable[[BaselinePoint], Known]
    scored_sure: bool = False


COSTS = (
    Axis(
        key="ram_bytes",
        label="RAM: whole arena",
        form="bytes",
        known=RECORDED,
        scored=lambda point: point.cost.ram_bytes,
        finalist=lambda point: point.arena_bytes,
        baseline=lambda point: point.arena_bytes,
    ),
    Axis(
        key="activations_bytes",
        label="RAM: activations",
        form="bytes",
        known=RECORDED,
        scored=lambda point: point.cost.activations_bytes,
        finalist=lambda point: point.activations_bytes,
        baseline=lambda point: point.activations_bytes,
    ),
    Axis(
        key="flash_bytes",
        label="Flash: model file",
        form="bytes",
        known=RECORDED,
        scored=lambda point: point.cost.flash_bytes,
        finalist=lambda point: point.flash_bytes,
        baseline=lambda point: Known(measured=point.flash_bytes),
    ),
    Axis(
        key="latency_ms",
        label="Latency",
        form="ms",
        known="predicted from published figures of the target; nothing was timed on the device.",
        scored=lambda point: point.cost.latency_ms,
        finalist=lambda point: Known(predicted=point.latency_ms),
        baseline=lambda point: Known(predicted=point.latency_ms),
    ),
    Axis(
        key="macs",
        label="Multiply-accumulates",
        form="count",
        known="counted from the network's description, exact.",
        scored=lambda point: point.cost.macs,
        finalist=lambda point: Known(measured=point.macs),
        baseline=lambda point: Known(measured=point.macs),
        scored_sure=True,
    ),
    Axis(
        key="energy_uj",
        label="Energy",
        form="uj",
        known="predicted from published figures of the target; nothing was metered on the device.",
        scored=lambda point: point.cost.energy_uj,
        finalist=lambda _: Known(),
        baseline=lambda point: Known(predicted=point.energy_uj),
    ),
)

QUALITIES = (
    Axis(
        key="val_accuracy",
        label="Validation accuracy, int8",
        form="percent",
        known="taken on the validation split: finalists trained to the end, {executed}; scored candidates"
        " {scoring}, simulated.",
        scored=lambda point: point.accuracy,
        finalist=lambda point: Known(measured=point.val_accuracy),
        baseline=lambda _: Known(),
        scored_sure=True,
    ),
    Axis(
        key="test_accuracy",
        label="Test accuracy, int8",
        form="percent",
        known="taken once on the test set, for the finalists alone, {executed}; the search never saw it.",
        scored=lambda _: None,
        finalist=lambda point: Known(measured=point.test_accuracy),
        baseline=lambda point: Known(measured=point.test_accuracy),
        scored_sure=True,
    ),
    Axis(
        key="loss",
        label="Validation loss, int8",
        form="plain",
        known="taken on the validation split {scoring}, simulated; finalists stand at the loss that they were"
        " scored with.",
        scored=lambda point: point.loss,
        finalist=lambda _: Known(),
        baseline=lambda _: Known(),
        scored_sure=True,
    ),
)
