from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from constraints.budget import Budget
from constraints.kernels import HOST, Kernels
from nas.phases.exam import Exam, device_codes
from nas.run_files.cards import broken_limits, settle_front
from nas.verify.tflm import RecordedArena

QUANTITIES = ("activations_bytes", "flash_bytes")


def card(
    digest: str, accuracy: float, activations: int, flash: int, *, passed: bool = True
) -> dict[str, Any]:
    return {
        "digest": digest,
        "val_accuracy": accuracy,
        "activations_bytes": {"predicted": activations, "measured": activations},
        "on_target": {"activations_bytes": activations, "arena_bytes": activations},
        "flash_bytes": {"predicted": flash, "measured": flash},
        "on_front": passed,
        "why_not": "" if passed else "flash: measured 2 B, budget is 1 B",
    }


def exam(head: int, smallest: int, file: int) -> Exam:
    return Exam(
        val_accuracy=0.9,
        test_accuracy=0.9,
        module_test_accuracy=0.9,
        runtime="tflite-micro",
        arena=RecordedArena(head, 100, head + 100),
        plain_arena=RecordedArena(2 * head, 100, 2 * head + 100),
        smallest_arena_bytes=smallest,
        file_bytes=file,
        compared=256,
        largest_difference=0,
        plain_difference=0,
        onnx_agreement=1.0,
        onnx_runtime="onnxruntime",
    )


def test_the_most_accurate_card_comes_first_and_the_dominated_one_is_off_the_front_with_its_reason():
    settled = settle_front(
        [card("small", 0.90, 100, 100), card("best", 0.95, 300, 300), card("worse", 0.89, 200, 200)],
        QUANTITIES,
    )
    assert [(c["digest"], c["rank"], c["on_front"]) for c in settled] == [
        ("best", 1, True),
        ("small", 2, True),
        ("worse", 3, False),
    ]
    assert settled[2]["why_not"] == "another finalist is nowhere worse"


def test_a_card_that_broke_its_budget_is_off_the_front_and_dominates_nothing():
    settled = settle_front([card("over", 0.99, 1, 1, passed=False), card("fits", 0.5, 9, 9)], QUANTITIES)
    assert [(c["digest"], c["on_front"]) for c in settled] == [("over", False), ("fits", True)]
    assert settled[0]["why_not"].startswith("flash: measured")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=9))
def test_the_front_is_what_no_other_card_dominates(rows: list[tuple[int, int, int]]):
    cards = [card(str(index), a / 5, b, c) for index, (a, b, c) in enumerate(rows)]

    def dominates(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
        nowhere_worse = one[0] >= other[0] and one[1] <= other[1] and one[2] <= other[2]
        return nowhere_worse and one != other

    expected = {
        str(index) for index, row in enumerate(rows) if not any(dominates(other, row) for other in rows)
    }
    assert {c["digest"] for c in settle_front(cards, QUANTITIES) if c["on_front"]} == expected


def test_what_was_measured_is_held_against_every_limit():
    passed = exam(1000, 2000, 3000)
    assert broken_limits(passed, Budget(activations_bytes=1000, ram_bytes=2000, flash_bytes=3000), HOST) == []
    assert broken_limits(passed, Budget(activations_bytes=999, ram_bytes=1999, flash_bytes=2999), HOST) == [
        "activations: measured 1,000 B, budget is 999 B",
        "ram: measured 2,000 B, budget is 1,999 B",
        "flash: measured 3,000 B, budget is 2,999 B",
    ]


def test_the_arena_of_this_computer_is_not_held_against_a_board_with_shorter_pointers():
    board = Kernels(pointer_bytes=4)
    assert broken_limits(exam(1000, 2000, 3000), Budget(ram_bytes=1500), board) == []
    assert broken_limits(exam(1000, 2000, 3000), Budget(activations_bytes=999), board) == [
        "activations: measured 1,000 B, budget is 999 B"
    ]


def test_device_codes_are_bytes_less_128():
    assert device_codes(np.array([0, 127, 128, 255], np.uint8)).tolist() == [-128, -1, 0, 127]
