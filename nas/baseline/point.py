"""A baseline as the report and the table show it."""

from __future__ import annotations

from constraints.kernels import HOST
from constraints.macs import macs
from constraints.target import Target
from nas.baseline.accuracy import Accuracy
from nas.baseline.read import Baseline
from nas.check.arena import Predicted, measure_arena, predict_arena
from nas.check.latency import HOST_NAME, Latency, latency_of
from nas.check.op_facts import may_multiply
from nas.report.data import BaselinePoint, Known
from nas.verify.tflm import RecordedArena, smallest_arena


def baseline_point(baseline: Baseline, target: Target, accuracy: Accuracy) -> BaselinePoint:
    """Its sizes as the finalists' are known: those of the target's kernels and pointers, time and energy too.

    What this computer recorded is without the scratch memory that CMSIS-NN asks for, and is taken where that
    makes no difference.
    """
    model = baseline.model
    here, there = predict_arena(model), predict_arena(model, target.kernels)
    measured = measure_arena(model, baseline.data).arena
    latency = _latency(baseline, target)
    head = None if measured is None or there.head_bytes != here.head_bytes else measured.head_bytes
    is_here = target.kernels == HOST
    smallest = measured and _smallest(baseline, here, measured)
    return BaselinePoint(
        name=baseline.name,
        test_accuracy=accuracy.fraction,
        activations_bytes=Known(there.head_bytes, head),
        arena_bytes=Known(there.least_bytes, smallest if is_here else None),
        flash_bytes=len(baseline.data),
        macs=macs_of(baseline),
        latency_ms=latency and latency.ms,
        energy_uj=latency and latency.energy_uj,
        host_arena_bytes=None if is_here else smallest,
        notes=tuple(_notes(baseline, accuracy, latency)),
    )


def _smallest(baseline: Baseline, predicted: Predicted, recorded: RecordedArena) -> int | None:
    return smallest_arena(baseline.data, predicted.least_bytes or recorded.total_bytes)


def macs_of(baseline: Baseline) -> int:
    """Multiply-accumulates of all operators that they are known of."""
    return sum(macs(op.geometry) for op in baseline.model.operators if op.geometry is not None)


def _latency(baseline: Baseline, target: Target) -> Latency | None:
    """None on this computer, for which no network's time is predicted."""
    return None if target.name == HOST_NAME else latency_of(baseline.model, baseline.data, target)


def _notes(baseline: Baseline, accuracy: Accuracy, latency: Latency | None) -> list[str]:
    notes = [accuracy.note if accuracy.fraction is not None else f"no accuracy: {accuracy.note}"]
    uncounted = dict.fromkeys(op.code for op in baseline.model.operators if may_multiply(op))
    if uncounted:
        notes.append(f"multiply-accumulates of {', '.join(uncounted)} are not counted")
    if latency is not None and latency.missing:
        notes.append(f"latency without {', '.join(latency.missing)}")
    return notes
