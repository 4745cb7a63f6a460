"""The figures' numbers, JSON-ready and small."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nas.report import words
from nas.report.axes import COSTS, QUALITIES, Axis
from nas.report.data import BrieflyTrained, Known, ReportData
from nas.report.network_view import pack_networks


def payload(data: ReportData) -> dict[str, object]:
    """Everything that the page's script draws; the values of an axis are in the order of the points."""
    networks = [(point.digest, point.layout) for point in (*data.ranked, *data.scored)]
    return {
        "x": [_axis(axis, data) for axis in _shown(COSTS, data)],
        "y": [_axis(axis, data) for axis in _shown(QUALITIES, data)],
        "scored": [[point.digest, point.number, _short(point.seconds)] for point in data.scored],
        "finalists": [[point.digest, point.on_front, point.why_not] for point in data.ranked],
        "curve": [
            [_short(point.seconds), point.step, _short(point.train_loss), _short(point.val_loss)]
            for point in data.curve
        ],
        "usesSupernet": data.scoring.uses_supernet,
        "expectedLosses": [_short(point.expected_loss) for point in data.ranked],
        "anchors": _losses(data.anchors),
        "semifinals": _losses(data.semifinals),
        "controller": data.controller,
        "hypervolume": [
            [_short(seconds), number, _short(volume)] for seconds, number, volume in data.hypervolume
        ],
        "baseline": data.baseline and [data.baseline.name, *data.baseline.notes],
        "activationsBudget": data.budget.get("activations_bytes"),
        **pack_networks(networks),
    }


def _losses(networks: Sequence[BrieflyTrained]) -> list[list[object]]:
    shown = [one for one in networks if one.can_be_shown]
    return [[one.digest, _short(one.expected_loss), _short(one.trained_loss)] for one in shown]


def _shown(axes: Sequence[Axis], data: ReportData) -> list[Axis]:
    """The axes that at least one point has a value on."""
    return [
        axis
        for axis in axes
        if any(_short(axis.scored(point)) is not None for point in data.scored)
        or any(_short(axis.finalist(point).value) is not None for point in data.finalists)
    ]


def _axis(axis: Axis, data: ReportData) -> dict[str, object]:
    """An axis with its values; a finalist without a value of its own stands where it was scored."""
    own = [axis.finalist(point) for point in data.ranked]
    scored = [_short(axis.scored(point)) for point in data.scored]
    by_digest = dict(zip((point.digest for point in data.scored), scored, strict=True))
    finalists = [
        by_digest.get(point.digest) if known.value is None else _short(known.value)
        for point, known in zip(data.ranked, own, strict=True)
    ]
    baseline = Known() if data.baseline is None else axis.baseline(data.baseline)
    return {
        "key": axis.key,
        "label": axis.label,
        "form": axis.form,
        "known": axis.known.format(
            finalists=_how_finalists(own),
            executed=words.how_executed(data.finalists),
            scoring=data.scoring.how,
        ),
        "limit": data.budget.get(axis.key),
        "scored": scored,
        "finalists": finalists,
        "scoredSure": axis.scored_sure,
        "baseline": _short(baseline.value),
        "baselineSure": baseline.is_measured,
        "finalistsSure": [axis.scored_sure or known.is_measured for known in own],
    }


def _how_finalists(values: Sequence[Known]) -> str:
    measured = sum(known.is_measured for known in values)
    if not values:
        return "there are no finalists yet"
    if measured == len(values):
        return "measured for every finalist"
    return f"measured for {measured} of {len(values)} finalists, predicted for the others"


def _short(value: float | None) -> float | int | None:
    """Five significant digits or a whole number, to keep the page small; None for NaN and inf."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.5g}")
