"""Reports of random networks, small and quick to make."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from constraints.arena.layout import Layout, lay_out
from constraints.cost import Cost
from constraints.kernels import HOST
from constraints.macs import count_macs
from nas.report.data import (
    BaselinePoint,
    BrieflyTrained,
    Corner,
    CurvePoint,
    FinalistPoint,
    Known,
    ReportData,
    ScoredPoint,
    Scoring,
)
from search_spaces.lowering import lower
from search_spaces.presets import tiny_images

RUNTIME = "TensorFlow Lite Micro 9.8.7"
SHARED = Scoring("with the supernet's shared weights", uses_supernet=True)


def cost_of(layout: Layout, latency_ms: float | None = 12.5) -> Cost:
    head, macs = layout.plan.head_bytes, count_macs(layout.graph)
    return Cost(head, head + 2048, 20_000, macs, latency_ms, None, layout.peak_op)


def scored_points(count: int, seed: int = 1) -> list[ScoredPoint]:
    rng = random.Random(seed)
    space = tiny_images.space((28, 28, 1), 10)
    points: dict[str, ScoredPoint] = {}
    while len(points) < count:
        genotype = space.sample(rng)
        digest, number = space.digest(genotype), len(points)
        layout = lay_out(lower(space, genotype), HOST)
        accuracy = rng.uniform(0.5, 0.9)
        points[digest] = ScoredPoint(
            number, digest, accuracy, 1 - accuracy, cost_of(layout), layout, 2.5 * number
        )
    return list(points.values())


def finalist_from(point: ScoredPoint, *, on_front: bool = True, why_not: str = "") -> FinalistPoint:
    cost = point.cost
    return FinalistPoint(
        digest=point.digest,
        val_accuracy=0.9261,
        test_accuracy=0.9217,
        float_test_accuracy=0.9233,
        activations_bytes=Known(cost.activations_bytes, cost.activations_bytes),
        arena_bytes=Known(cost.ram_bytes, cost.ram_bytes + 64),
        flash_bytes=Known(cost.flash_bytes, None),
        macs=cost.macs,
        latency_ms=cost.latency_ms,
        verified=on_front,
        on_front=on_front,
        why_not=why_not,
        layout=point.layout,
        runtime=RUNTIME,
        executed=True,
        expected_loss=point.loss,
    )


def report(scored: int = 8, finalists: int = 3) -> ReportData:
    points = scored_points(scored)
    return ReportData(
        title="Digits in 16 KB",
        dataset="digits",
        target="STM32F446",
        budget={"activations_bytes": 12_600, "latency_ms": 40},
        scoring=SHARED,
        controller="nsga2",
        scored=points,
        finalists=[finalist_from(point) for point in points[:finalists]],
        curve=[CurvePoint(0.5 * step, step, 2.3 / (step + 1), None) for step in range(5)],
        hypervolume=[(2.5 * number, number, 0.1 * number) for number in range(scored)],
        corner=Corner(0.4045, {"activations_bytes": 12_613, "latency_ms": 40.04}),
        rejections=[("flash over the budget", 3), ("activations over the budget", 9)],
        facts={"seed": "17", "torch": "2.13.0"},
    )


def ranked(
    losses: Sequence[float | None], accuracies: Sequence[float], *, executed: bool = True
) -> ReportData:
    """A report with a finalist for each pair of score and final accuracy, all of equal work."""
    points = scored_points(len(losses))
    finalists = [
        replace(
            finalist_from(point), expected_loss=loss, val_accuracy=accuracy, macs=1_000_000, executed=executed
        )
        for point, loss, accuracy in zip(points, losses, accuracies, strict=True)
    ]
    return replace(report(), scored=points, finalists=finalists)


def anchors(expected: Sequence[float], trained: Sequence[float]) -> list[BrieflyTrained]:
    """One for each pair of losses."""
    pairs = enumerate(zip(expected, trained, strict=True))
    return [BrieflyTrained(f"anchor{number}", *losses) for number, losses in pairs]


def without_latency(data: ReportData) -> ReportData:
    scored = [replace(point, cost=replace(point.cost, latency_ms=None)) for point in data.scored]
    finalists = [replace(finalist, latency_ms=None) for finalist in data.finalists]
    return replace(data, scored=scored, finalists=finalists)


def baseline(test_accuracy: float | None = 0.8312) -> BaselinePoint:
    return BaselinePoint(
        name="their <net>.tflite",
        test_accuracy=test_accuracy,
        activations_bytes=Known(9_000, 9_216),
        arena_bytes=Known(None, 12_000),
        flash_bytes=30_000,
        macs=2_000_000,
        latency_ms=20.0,
        energy_uj=None,
        host_arena_bytes=10_500,
        notes=("1,000 test images fed as bytes 0 to 255",),
    )
