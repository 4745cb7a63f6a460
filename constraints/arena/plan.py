"""Where every activation of a network lies in the arena: our own plan, which goes into the model file.

Piece by piece along the chain (`constraints.arena.segments`); what is no chain is fitted as a whole.
TensorFlow Lite Micro obeys the plan (metadata "OfflineMemoryAllocation", its docs/memory_management.md) and
does not check it.
"""

from __future__ import annotations

from dataclasses import dataclass

from constraints.arena.chain import Chain, Cut, Inside, chain_of, inside_of, pieces_of
from constraints.arena.fit import improve
from constraints.arena.liveness import aligned
from constraints.arena.program import Program
from constraints.arena.segments import Hop, Lap, Loop, Reach, Segment, head_bytes, walk

SWAPS = 400
"""Orders that are tried for a network that is no chain; about a tenth of a second for 30 activations."""
MANY_SWAPS = 4_000
"""The same where time does not matter."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Offsets in bytes from the arena's start, by activation, and the bytes that the arena's head takes.

    `head_bytes` has room for the scratch memory of the kernels that it was made for, which the runtime places
    itself; `tensors_bytes` is what the activations alone take.
    """

    offsets: dict[str, int]
    head_bytes: int
    tensors_bytes: int


def plan(program: Program) -> Plan:
    """The plan of a program whose steps run in the order given."""
    chain = chain_of(program)
    if chain is None:
        return _fitted(program, SWAPS)
    arena = head_bytes(chain.start_bytes, chain.segments)
    return _made(program, _offsets(chain, arena), arena)


def closest_plan(program: Program) -> Plan:
    """The plan with the smaller arena of two ways to make one; slower, for a single network."""
    return min(plan(program), _fitted(program, MANY_SWAPS), key=lambda one: one.head_bytes)


def _fitted(program: Program, swaps: int) -> Plan:
    pieces = pieces_of(program.sizes, program.steps, program.inputs, program.outputs)
    fitted = improve(pieces, swaps)
    return _made(program, fitted.offsets, fitted.total_bytes)


def _made(program: Program, offsets: dict[str, int], arena: int) -> Plan:
    kept = {name: offsets[name] for name in program.sizes if name in offsets}
    tensors = max(offset + aligned(program.sizes[name]) for name, offset in kept.items())
    return Plan(kept, arena, tensors)


def _offsets(chain: Chain, arena: int, last: int | None = None) -> dict[str, int]:
    """Offsets of all activations in an arena that is large enough, found from the last piece to the first.

    `last` is where the last one starts: as low as it can, unless it is given.
    """
    reaches = walk(chain.start_bytes, chain.segments, arena)
    place = reaches[-1].low if last is None else last
    found = {chain.pieces[-1].last if chain.pieces else chain.program.inputs[0]: place}
    steps = list(zip(chain.pieces, chain.segments, reaches, strict=False))
    for piece, segment, reach in reversed(steps):
        first = _before(segment, reach, place, arena)
        found.update(_between(chain.program, piece, segment, place, first))
        found[piece.first] = place = first
    return found


def _before(segment: Segment, reach: Reach, place: int, arena: int) -> int:
    """Where a piece's first tensor lies if its last one lies at `place`."""
    high = arena - reach.depth
    match segment:
        case Hop():
            return high if high >= place + segment.gap + segment.scratch_bytes else reach.low
        case Loop():
            return place
        case Lap():
            above = place + segment.depth_bytes - segment.inner_bytes >= reach.low + segment.kept_bytes
            below = high - segment.inner_bytes >= place - segment.low_bytes
            return reach.low if above and not below else high


def _between(program: Program, piece: Cut, segment: Segment, place: int, first: int) -> dict[str, int]:
    """Offsets of what lies between a piece's first tensor, at `first`, and its last one, at `place`."""
    match segment:
        case Hop():
            return {}
        case Loop():
            # In the region below the tensor that is kept, or else in the one above it.
            floor = 0 if place >= segment.inner_bytes else place + segment.kept_bytes
            return _inside(inside_of(program, piece), floor, None)
        case Lap():
            # Below the first tensor, the last is as low within its region as it can be; above it, as high.
            last = segment.low_bytes
            if place - last + segment.inner_bytes > first:
                last = segment.inner_bytes - segment.depth_bytes
            return _inside(inside_of(program, piece), place - last, last)


def _inside(inside: Inside, floor: int, last: int | None) -> dict[str, int]:
    """Offsets within a region from `floor` on; `last` is where its last tensor starts there."""
    offsets = inside.offsets
    if inside.chain is not None:
        offsets = _offsets(inside.chain, inside.arena_bytes, last)
    return {name: floor + offset for name, offset in offsets.items()}
