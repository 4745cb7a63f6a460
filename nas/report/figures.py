"""The figures' numbers, JSON-ready; every axis says in words how its numbers are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nas.report.data import FinalistPoint, Known, ReportData, ScoredPoint
from nas.report.network_view import pack_networks


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity that a point may be shown by.

    `form` is how the page prints it: bytes, percent, count, ms, uj or plain. `known` is a sentence that may
    hold {finalists}, filled with how many of them were measured. `limit` is the budget's, None without one.
    """

    key: str
    label: str
    form: str
    known: str
    scored: Callable[[ScoredPoint], float | None]
    finalist: Callable[[FinalistPoint], Known]


COST_AXES = (
    Axis(
        "ram_bytes",
        "RAM: whole arena",
        "bytes",
        "{finalists}; scored candidates predicted from the network's description.",
        lambda point: point.cost.ram_bytes,
        lambda point: point.arena_bytes,
    ),
    Axis(
        "activations_bytes",
        "RAM: activations",
        "bytes",
        "{finalists}; scored candidates predicted from the network's description.",
        lambda point: point.cost.activations_bytes,
        lambda point: point.activations_bytes,
    ),
    Axis(
        "flash_bytes",
        "Flash: model file",
        "bytes",
        "{finalists}; scored candidates predicted from the network's description.",
        lambda point: point.cost.flash_bytes,
        lambda point: point.flash_bytes,
    ),
    Axis(
        "latency_ms",
        "Latency",
        "ms",
        "predicted for all points from the target's published timings; nothing was timed on the device.",
        lambda point: point.cost.latency_ms,
        lambda point: Known(predicted=point.latency_ms),
    ),
    Axis(
        "macs",
        "Multiply-accumulates",
        "count",
        "counted from the network's description, exact.",
        lambda point: point.cost.macs,
        lambda point: Known(measured=point.macs),
    ),
)
QUALITY_AXES = (
    Axis(
        "val_accuracy",
        "Validation accuracy, int8",
        "percent",
        "measured on the validation split: finalists trained to the end, scored candidates with the"
        " supernet's shared weights.",
        lambda point: point.accuracy,
        lambda point: Known(measured=point.val_accuracy),
    ),
    Axis(
        "test_accuracy",
        "Test accuracy, int8",
        "percent",
        "measured once on the test set, for the finalists alone; the search never saw it.",
        lambda _: None,
        lambda point: Known(measured=point.test_accuracy),
    ),
    Axis(
        "loss",
        "Validation loss, int8",
        "plain",
        "measured on the validation split with the supernet's shared weights; finalists stand at the score they"
        " were chosen by.",
        lambda point: point.loss,
        lambda _: Known(),
    ),
)


def payload(data: ReportData) -> dict[str, object]:
    """Everything that the page's script draws."""
    networks = [(point.digest, point.graph) for point in (*data.ranked, *data.scored)]
    return {
        "x": [_axis(axis, data) for axis in _shown(COST_AXES, data)],
        "y": [_axis(axis, data) for axis in _shown(QUALITY_AXES, data)],
        "scored": [[point.digest, point.number, _short(point.seconds)] for point in data.scored],
        "finalists": [[point.digest, point.on_front, point.why_not] for point in data.ranked],
        "curve": [
            [_short(point.seconds), point.step, _short(point.train_loss), _short(point.val_loss)]
            for point in data.curve
        ],
        "hypervolume": [[_short(seconds), number, _short(volume)] for seconds, number, volume in data.hypervolume],
        "activationsBudget": data.budget.get("activations_bytes"),
        **pack_networks(networks),
    }


def _shown(axes: Sequence[Axis], data: ReportData) -> list[Axis]:
    """The axes that at least one point has a value on."""
    return [
        axis
        for axis in axes
        if any(_short(axis.scored(point)) is not None for point in data.scored)
        or any(_short(axis.finalist(point).value) is not None for point in data.finalists)
    ]


def _axis(axis: Axis, data: ReportData) -> dict[str, object]:
    at_finalists = [axis.finalist(point) for point in data.ranked]
    return {
        "key": axis.key,
        "label": axis.label,
        "form": axis.form,
        "known": axis.known.format(finalists=_how_finalists(at_finalists)),
        "limit": data.budget.get(axis.key),
        "scored": [_short(axis.scored(point)) for point in data.scored],
        "finalists": [_short(known.value) for known in at_finalists],
    }


def _how_finalists(values: Sequence[Known]) -> str:
    measured = sum(known.is_measured for known in values)
    if not values:
        return "there are no finalists yet"
    if measured == len(values):
        return "measured for every finalist"
    return f"measured for {measured} of {len(values)} finalists, predicted for the others"


def _short(value: float | None) -> float | int | None:
    """Five significant digits or a whole number, since each is printed hundreds of times; None for NaN, inf."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.5g}")
