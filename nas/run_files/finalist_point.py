"""A card as the report and the table show it."""

from __future__ import annotations

from nas.report import data as report
from nas.run_files.cards import Card, executed_as_on_target, layout_of


def finalist_point(card: Card) -> report.FinalistPoint:
    """The point of a card, its network built anew."""
    on_target = card["on_target"]
    activations, arena = (report.Known(**card[key]) for key in ("activations_bytes", "arena_bytes"))
    host_arena = None
    if not executed_as_on_target(card):
        host_arena = card["arena_bytes"]["measured"]
        activations, arena = (report.Known(on_target[key]) for key in ("activations_bytes", "arena_bytes"))
    return report.FinalistPoint(
        digest=card["digest"],
        val_accuracy=card["val_accuracy"],
        test_accuracy=card["test_accuracy"],
        float_test_accuracy=card["module_test_accuracy"],
        activations_bytes=activations,
        arena_bytes=arena,
        flash_bytes=report.Known(**card["flash_bytes"]),
        macs=card["macs"],
        latency_ms=card["latency_ms"],
        verified=card["verified"],
        on_front=card["on_front"],
        why_not=card["why_not"],
        layout=layout_of(card),
        runtime=card["runtime"],
        executed=card["how_known"]["accuracies"] == "measured",
        expected_loss=None if card["score"] is None else card["score"]["expected_loss"],
        unplanned_bytes=on_target["unplanned_bytes"],
        host_arena_bytes=host_arena,
        spread=_spread(card),
    )


def _spread(card: Card) -> report.Spread | None:
    if card["seeds"] is None:
        return None
    known = card["seeds"]["test_accuracy"]
    return report.Spread(known["mean"], known["sd"], len(known["each"]))
