"""A card as the report and the table show it."""

from __future__ import annotations

from constraints.kernels import HOST, read_kernels
from nas.cards import Card, layout_of
from nas.report import data as report


def finalist_point(card: Card) -> report.FinalistPoint:
    """The point of a card, its network built anew."""
    return report.FinalistPoint(
        digest=card["digest"],
        val_accuracy=card["val_accuracy"],
        test_accuracy=card["test_accuracy"],
        float_test_accuracy=card["module_test_accuracy"],
        activations_bytes=report.Known(**card["activations_bytes"]),
        arena_bytes=report.Known(**card["arena_bytes"]),
        flash_bytes=report.Known(**card["flash_bytes"]),
        macs=card["macs"],
        latency_ms=card["latency_ms"],
        verified=card["verified"],
        on_front=card["on_front"],
        why_not=card["why_not"],
        layout=layout_of(card),
        runtime=card["runtime"],
        on_target=report.OnTarget(**card["on_target"]),
        is_executed_as_on_target=read_kernels(card["kernels"]) == HOST,
    )
