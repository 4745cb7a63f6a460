"""The card of a finalist: all that is known of it, and how; as `card.json` and `nas front --json` have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from constraints.arena.layout import Layout, lay_out
from constraints.budget import Budget
from constraints.kernels import HOST, Kernels, read_kernels
from constraints.target import Target
from nas.known_spaces import space_maker
from nas.pareto import non_dominated
from nas.run_files.run_folder import relative_files
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower

if TYPE_CHECKING:  # a front is read without torch
    from nas.npu.vela import VelaEstimate
    from nas.phases.exam import Exam
    from nas.phases.finalists import Finalist
    from nas.problem import Problem
    from nas.trial_log.trials import Trial

Card = dict[str, Any]


def make_card(
    problem: Problem,
    finalist: Finalist,
    trial: Trial | None,
    exam: Exam,
    training: Card,
    seeds: Card | None,
) -> Card:
    """Everything known of one finalist; whether it is on the front is settled among all by `settle_front`."""
    cost = problem.costing.cost(finalist.genotype)
    layout = lay_out(lower(problem.space, finalist.genotype), problem.target.kernels)
    arena = exam.arena
    over = broken_limits(exam, problem.budget, problem.target.kernels)
    wrong = _wrong(exam)
    shape = problem.space.input_shape(finalist.genotype)
    return {
        "digest": finalist.digest,
        "val_accuracy": exam.val_accuracy,
        "test_accuracy": exam.test_accuracy,
        "activations_bytes": _known(layout.plan.tensors_bytes, arena and arena.head_bytes),
        "arena_bytes": _known(layout.host_arena_bytes, exam.smallest_arena_bytes),
        "flash_bytes": _known(cost.flash_bytes, exam.file_bytes),
        "macs": cost.macs,
        "latency_ms": cost.latency_ms if exam.npu is None else exam.npu.latency_ms,
        "energy_uj": cost.energy_uj,
        "verified": exam.runtime is not None and not over and not wrong,
        "on_front": not over and not wrong,
        "why_not": "; ".join([*over, *wrong]),
        "files": relative_files(finalist.digest),
        "runtime": exam.runtime
        or "none: int8 simulation; install tflite-micro on Linux x86-64 and run `nas resume`",
        "recorded_arena": None if arena is None else asdict(arena),
        "plain_arena": None if exam.plain_arena is None else asdict(exam.plain_arena),
        "kernels": asdict(problem.target.kernels),
        "on_target": {
            "activations_bytes": cost.activations_bytes,
            "unplanned_bytes": layout.unplanned_bytes,
            "arena_bytes": cost.ram_bytes,
        },
        "npu": None if exam.npu is None else _npu(exam.npu),
        "compared_images": exam.compared,
        "largest_difference": exam.largest_difference,
        "plain_difference": exam.plain_difference,
        "module_test_accuracy": exam.module_test_accuracy,
        "onnx": {"runtime": exam.onnx_runtime, "same_class": exam.onnx_agreement},
        "how_known": {
            "accuracies": "measured" if exam.runtime else "simulated",
            "latency_ms": _how_latency_is_known(problem.target, exam),
            "predicted": "cost model of this project",
            "measured": exam.runtime,
        },
        "score": None
        if trial is None
        else {
            "expected_loss": trial.objectives[0],
            "val_loss": trial.val_loss,
            "val_accuracy": trial.val_accuracy,
        },
        "training": training,
        "seeds": seeds,
        "genes": list(finalist.genotype.genes),
        "space": problem.study.space if problem.study.space.endswith(".py") else problem.space.name,
        "data_shape": list(problem.dataset.shape),
        "target": problem.target.name,
        "peak_op": layout.peak_op,
        "input": {
            "shape": list(shape),
            "dtype": "int8",
            "code": "byte - 128",
            "mean_byte": problem.normalization.mean_byte,
            "deviation_bytes": problem.normalization.deviation_bytes,
            "preprocessing": asdict(problem.dataset.preprocessing),
        },
        "classes": list(problem.dataset.classes),
    }


def _wrong(exam: Exam) -> list[str]:
    """What else executing the file showed to be wrong, in words."""
    found = []
    if exam.runtime is not None and exam.smallest_arena_bytes is None:
        found.append("it ran in no arena near the predicted one")
    if exam.largest_difference:
        found.append(f"its outputs differ from the simulation's by up to {exam.largest_difference} steps")
    if exam.plain_difference:
        found.append(f"its outputs differ from those without our plan by up to {exam.plain_difference} steps")
    return found


def _npu(estimate: VelaEstimate) -> Card:
    """What the compiler of the neural processor says of the memory and the time that it takes."""
    return {
        "sram_bytes": estimate.sram_bytes,
        "flash_bytes": estimate.flash_bytes,
        "dram_bytes": estimate.dram_bytes,
        "cycles": estimate.cycles,
        "cpu_ops": list(estimate.cpu_ops),
        "version": estimate.version,
    }


def _how_latency_is_known(target: Target, exam: Exam) -> str:
    if exam.npu is not None:
        left = ", ".join(dict.fromkeys(exam.npu.cpu_ops))
        return exam.npu.by + (f", without what is left to the processor: {left}" if left else "")
    if exam.npu_why:
        return f"not known: {exam.npu_why}"
    if target.latency is None:
        return f"not known: target {target.name} has no latency model"
    return f"predicted for {target.title}, {target.software_stack}"


def layout_of(card: Card) -> Layout:
    """The network of a card, built anew from its genes, and planned as it was when it was exported."""
    space = space_maker(card["space"])(tuple(card["data_shape"]), len(card["classes"]))
    return lay_out(lower(space, Genotype(tuple(card["genes"]))), read_kernels(card["kernels"]))


def executed_as_on_target(card: Card) -> bool:
    """Whether the kernels and pointers that executed the file are those of the target."""
    return read_kernels(card["kernels"]) == HOST


def _known(predicted: int, measured: int | None) -> dict[str, int | None]:
    return {"predicted": predicted, "measured": measured}


def broken_limits(exam: Exam, budget: Budget, kernels: Kernels) -> list[str]:
    """Which limits the executed file exceeds, in words; what is predicted held before it was trained.

    The arena that it was executed in is that of this computer, and larger than on pointers of half the size.
    """
    arena = exam.arena
    comparable = kernels.pointer_bytes == HOST.pointer_bytes
    measured = [
        ("activations", arena and arena.head_bytes, budget.activations_bytes),
        ("ram", exam.smallest_arena_bytes if comparable else None, budget.ram_bytes),
        ("flash", exam.file_bytes, budget.flash_bytes),
    ]
    return [
        f"{name}: measured {needed:,} B, budget is {allowed:,} B"
        for name, needed, allowed in measured
        if needed is not None and allowed is not None and needed > allowed
    ]


def settle_front(cards: Sequence[Card], quantities: Sequence[str]) -> list[Card]:
    """The cards, best validation accuracy first, each marked whether it is on the front.

    Dominance is over int8 validation error and the searched quantities; the test set has no say.
    """
    ordered = sorted(cards, key=lambda card: (-card["val_accuracy"], card["flash_bytes"]["predicted"]))
    able = [card for card in ordered if card["on_front"]]
    points = [(1.0 - card["val_accuracy"], *(_quantity(card, name) for name in quantities)) for card in able]
    kept = {able[index]["digest"] for index in non_dominated(points)}
    return [_settled(card, rank, card["digest"] in kept) for rank, card in enumerate(ordered, start=1)]


def _settled(card: Card, rank: int, is_kept: bool) -> Card:  # noqa: FBT001 - a private two-way switch
    why_not = card["why_not"] or ("" if is_kept else "another finalist is nowhere worse")
    return {**card, "rank": rank, "on_front": is_kept, "why_not": why_not}


def _quantity(card: Card, name: str) -> float:
    key = "arena_bytes" if name == "ram_bytes" else name
    value = card["on_target"].get(key, card.get(key))
    return float(value["predicted"] if isinstance(value, dict) else value)
