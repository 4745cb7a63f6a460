"""The order of the steps that needs the least memory.

A search over the sets of steps that have run: which tensors are alive after a set has run does not depend on
the order within it, so the lowest peak with which a set can be reached is found once a set. Source: Liberis
and Lane 2019, Neural networks on microcontrollers: saving memory at inference via operator reordering,
section 4. Overlaps are left out of the search; whether its order is the better one is judged by the plans.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from constraints.arena.chain import cut
from constraints.arena.liveness import aligned
from constraints.arena.plan import plan
from constraints.arena.program import Program

MOST_SETS = 20_000
"""How many sets of steps are looked at before the search gives up (about 0.3 s)."""


@dataclass(frozen=True, slots=True)
class _Needs:
    """What the search knows of a program; sets are bit masks over its steps."""

    before: tuple[int, ...]
    """By step: the steps that must have run before it; before the one that writes the output, all others."""
    tensors: tuple[tuple[int, int, int], ...]
    """By tensor: bytes, the step that writes it (a mask; 0 for an input), the steps that read it; for an
    output one more, which never comes."""
    scratch: tuple[int, ...]


def least_memory_order(program: Program, most_sets: int = MOST_SETS) -> Program:
    """`program` with its steps in the order whose plan needs the least memory.

    Decided piece by piece between the places where a single tensor is alive, so that a block is ordered as
    if it were alone; that loses nothing, as every step behind such a tensor needs it. The given order stays
    where no other exists (chains, also with residual additions), where another one needs no fewer bytes once
    planned, and in a piece where the search would look at more than `most_sets` sets of steps.
    """
    if not has_choice(program):
        return program
    pieces = cut(program)
    if pieces is None:
        return _least_memory_order(program, most_sets)
    alone = (Program((piece.first,), (piece.last,), program.sizes, piece.steps) for piece in pieces)
    steps = tuple(step for piece in alone for step in _least_memory_order(piece, most_sets).steps)
    return program if steps == program.steps else program.with_steps(steps)


def _least_memory_order(program: Program, most_sets: int) -> Program:
    order = lowest_peak_order(program, most_sets) if has_choice(program) else None
    if order is None:
        return program
    found = program.with_steps(program.steps[index] for index in order)
    return found if plan(found).head_bytes < plan(program).head_bytes else program


def lowest_peak_order(program: Program, most_sets: int = MOST_SETS) -> tuple[int, ...] | None:
    """Indices of the steps in an order whose peak of alive bytes is lowest.

    None where finding it takes more than `most_sets` sets.
    """
    return _search(_needs(program), len(program.steps), most_sets)


def has_choice(program: Program) -> bool:
    """Whether the steps can run in more than one order.

    They cannot exactly if every step reads what the step before it wrote.
    """
    pairs = zip(program.steps, program.steps[1:], strict=False)
    return any(set(before.writes).isdisjoint(step.reads) for before, step in pairs)


def _needs(program: Program) -> _Needs:
    writer = {name: 1 << index for index, step in enumerate(program.steps) for name in step.writes}
    readers = dict.fromkeys((*program.inputs, *writer), 0)
    for index, step in enumerate(program.steps):
        for name in step.reads:
            readers[name] |= 1 << index
    for name in program.outputs:
        readers[name] |= 1 << len(program.steps)
    before = [_union(writer.get(name, 0) for name in step.reads) for step in program.steps]
    if program.steps[-1].writes == program.outputs:
        before[-1] = (1 << (len(program.steps) - 1)) - 1
    tensors = [(aligned(program.sizes[name]), writer.get(name, 0), read) for name, read in readers.items()]
    scratch = [sum(aligned(size) for size in step.scratch_bytes) for step in program.steps]
    return _Needs(tuple(before), tuple(tensors), tuple(scratch))


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _search(needs: _Needs, steps: int, most_sets: int) -> tuple[int, ...] | None:
    """Dijkstra's algorithm with the largest step in place of the sum; None where `most_sets` did not do."""
    everything = (1 << steps) - 1
    queue: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    seen: set[int] = set()
    while queue and len(seen) < most_sets:
        peak, done, order = heapq.heappop(queue)
        if done == everything:
            return order
        if done in seen:
            continue
        seen.add(done)
        for index, before in enumerate(needs.before):
            if not done >> index & 1 and before & ~done == 0:
                used = _alive_while(needs, done, 1 << index) + needs.scratch[index]
                heapq.heappush(queue, (max(peak, used), done | 1 << index, (*order, index)))
    return None


def _alive_while(needs: _Needs, done: int, step: int) -> int:
    """Bytes alive while `step` runs, the steps of `done` having run."""
    alive = 0
    for size, writer, readers in needs.tensors:
        written = writer == 0 or writer & (done | step)
        needed = readers & ~done or writer == step
        if written and needed:
            alive += size
    return alive
