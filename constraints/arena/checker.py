"""Checks a plan by replaying the steps; it shares no code with the planners that it judges.

It holds what is still wanted, and lets it go only when its last reader has run. What a step writes must be
apart from all of that, or lie over what it reads for the last time by the gap that the step allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from constraints.arena.program import Program, Step

ALIGNED_TO = 16


class BadPlacement(ValueError):
    """A plan under which a network would read overwritten values, or would leave its arena."""


def check_placement(program: Program, offsets: Mapping[str, int], arena_bytes: int) -> None:
    """Accepts a plan or says what is wrong with it; `offsets` are bytes from the arena's start, by tensor.

    Scratch memory is not looked at: the runtime places it.

    Raises:
        BadPlacement: a tensor has no offset, an unaligned one, one outside the arena, or lies where something
            is that is still needed.
    """
    for name, size in program.sizes.items():
        _check_range(name, offsets, size, arena_bytes)
    _check_inputs(program, offsets)
    reads_left = Counter(name for step in program.steps for name in set(step.reads))
    reads_left.update(program.outputs)
    held = set(program.inputs)
    for step in program.steps:
        reads_left.subtract(set(step.reads))
        for number, new in enumerate(step.writes):
            over = _may_lie_over(step, reads_left) if number == 0 else {}
            for name in sorted(held):
                _check_pair(program, offsets, step.name, new, name, over.get(name))
            held.add(new)
        held = {name for name in held if reads_left[name] > 0}


def _may_lie_over(step: Step, reads_left: Mapping[str, int]) -> dict[str, int]:
    """What the step reads for the last time, and by how much that must start above what it writes."""
    over: dict[str, int] = {}
    for name, gap in zip(step.reads, step.gaps, strict=True):
        if reads_left[name] == 0 and gap is not None:
            over[name] = max(gap, over.get(name, 0))
    return over


def _check_range(name: str, offsets: Mapping[str, int], size: int, arena_bytes: int) -> None:
    if name not in offsets:
        raise BadPlacement(f"every tensor needs an offset, {name} has none: plan it too")
    start = offsets[name]
    if start % ALIGNED_TO:
        raise BadPlacement(f"offsets must be multiples of {ALIGNED_TO}, {name} is at {start}: round it up")
    if start < 0 or start + size > arena_bytes:
        raise BadPlacement(
            f"{name} takes bytes {start}..{start + size} of an arena of {arena_bytes} B: "
            "move it or enlarge the arena"
        )


def _check_inputs(program: Program, offsets: Mapping[str, int]) -> None:
    for number, name in enumerate(program.inputs):
        for other in program.inputs[:number]:
            _check_pair(program, offsets, "the caller", name, other, None)


def _check_pair(
    program: Program, offsets: Mapping[str, int], step: str, new: str, name: str, gap: int | None
) -> None:
    start, other = offsets[new], offsets[name]
    end = start + program.sizes[new]
    if other >= end or start >= other + program.sizes[name]:
        return
    if gap is None:
        raise BadPlacement(
            f"{step} writes {new} at {start}..{end} over {name}, which is still needed: move one"
        )
    if other - start < gap:
        raise BadPlacement(
            f"{step} writes {new} at {start} over {name} at {other}, {gap} B of which it has not read yet by "
            "then: move one"
        )
