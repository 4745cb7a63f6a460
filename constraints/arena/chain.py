"""Cuts a program where a single tensor is alive, and says what each piece asks of the arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from constraints.arena.fit import Piece, fit
from constraints.arena.liveness import aligned
from constraints.arena.program import Program, Step
from constraints.arena.segments import Hop, Lap, Loop, Segment, head_bytes, walk


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of a program: the tensor that it begins with, its steps, and the one that it leaves."""

    first: str
    steps: tuple[Step, ...]
    last: str


def cut(program: Program) -> list[Cut] | None:
    """The pieces of a program in order, or None where it has more than one input or output or dead ends."""
    if len(program.inputs) != 1 or len(program.outputs) != 1:
        return None
    last_read = _last_reads(program)
    alive = {program.inputs[0]}
    cuts: list[Cut] = []
    begin, first = 0, program.inputs[0]
    for index, current in enumerate(program.steps):
        alive.update(current.writes)
        alive = {name for name in alive if last_read.get(name, -1) > index}
        if len(alive) == 1:
            (name,) = alive
            if name == first:
                return None
            cuts.append(Cut(first, program.steps[begin : index + 1], name))
            begin, first = index + 1, name
    return cuts if begin == len(program.steps) else None


def _last_reads(program: Program) -> dict[str, int]:
    """By tensor the index of the last step that reads it; one past the end for the output."""
    last = {name: index for index, current in enumerate(program.steps) for name in current.reads}
    last[program.outputs[0]] = len(program.steps)
    return last


def segment_of(program: Program, piece: Cut) -> Segment:
    """What a piece asks of the arena."""
    if len(piece.steps) == 1 and len(piece.steps[0].writes) == 1:
        return _hop_of(program, piece.steps[0], piece)
    kept = aligned(program.sizes[piece.first])
    inside = inside_of(program, piece)
    if comes_back(program, piece):
        return Loop(kept, inside.arena_bytes)
    return Lap(kept, inside.arena_bytes, inside.depth_bytes, inside.low_bytes)


def _hop_of(program: Program, only: Step, piece: Cut) -> Hop:
    written = aligned(program.sizes[piece.last])
    scratch = sum(aligned(size) for size in only.scratch_bytes)
    least = written if None in only.gaps else max(gap for gap in only.gaps if gap is not None)
    gap = min(aligned(least), written)
    return Hop(aligned(program.sizes[piece.first]), written, gap, scratch)


def comes_back(program: Program, piece: Cut) -> bool:
    """Whether the last step can write its output in the very place of the piece's first tensor."""
    last = piece.steps[-1]
    if piece.first not in last.reads or last.writes != (piece.last,) or last.scratch_bytes:
        return False
    gap = last.gaps[last.reads.index(piece.first)]
    same_size = aligned(program.sizes[piece.first]) == aligned(program.sizes[piece.last])
    return gap == 0 and same_size and len(piece.steps) > 1


@dataclass(frozen=True, slots=True)
class Chain:
    """A program that is a chain of pieces, and what each of them asks for."""

    program: Program
    pieces: tuple[Cut, ...]
    segments: tuple[Segment, ...]

    @property
    def start_bytes(self) -> int:
        """Aligned bytes of the tensor that it begins with."""
        return aligned(self.program.sizes[self.program.inputs[0]])


@dataclass(frozen=True, slots=True)
class Inside:
    """What a piece holds beside its first tensor: a chain, or else buffers that are fitted as they are.

    `depth_bytes` and `low_bytes` are those of its last tensor.
    """

    arena_bytes: int
    depth_bytes: int
    low_bytes: int
    chain: Chain | None
    offsets: dict[str, int]


def chain_of(program: Program) -> Chain | None:
    """A program as a chain; None where it has several inputs or outputs, or tensors that nothing reads."""
    pieces = cut(program)
    if pieces is None:
        return None
    return Chain(program, tuple(pieces), tuple(segment_of(program, piece) for piece in pieces))


def inside_of(program: Program, piece: Cut) -> Inside:
    """How a piece's tensors lie, its first one left out; of a loop the last one, too."""
    back = comes_back(program, piece)
    chain = _inner_chain(program, piece, back=back)
    if chain is None:
        left_out = (piece.first, piece.last) if back else (piece.first,)
        pieces = pieces_of(program.sizes, piece.steps, (piece.first,), (piece.last,))
        fitted = fit([one for one in pieces if one.name not in left_out])
        last = fitted.offsets.get(piece.last, 0)
        return Inside(fitted.total_bytes, fitted.total_bytes - last, last, None, fitted.offsets)
    begin = chain.start_bytes + sum(aligned(size) for size in piece.steps[0].scratch_bytes)
    arena = max(begin, head_bytes(chain.start_bytes, chain.segments))
    last = walk(chain.start_bytes, chain.segments, arena)[-1]
    return Inside(arena, last.depth, last.low, chain, {})


def _inner_chain(program: Program, piece: Cut, *, back: bool) -> Chain | None:
    """What follows a piece's first step, as a chain; None where it branches."""
    steps = piece.steps[:-1] if back else piece.steps
    readers = [current for current in steps[:-1] if piece.first in current.reads]
    if (
        readers != [steps[0]][: len(readers)]
        or piece.first not in steps[0].reads
        or len(steps[0].writes) != 1
    ):
        return None
    rest = tuple(_without(piece.first, current) for current in steps[1:])
    if not all(current.reads for current in rest):
        return None
    ends = (piece.last,)
    if back:
        ends = tuple(dict.fromkeys(name for name in piece.steps[-1].reads if name != piece.first))
    return chain_of(Program(steps[0].writes, ends, program.sizes, rest))


def _without(name: str, current: Step) -> Step:
    """The step, had it not read this tensor."""
    kept = [(read, gap) for read, gap in zip(current.reads, current.gaps, strict=True) if read != name]
    return replace(current, reads=tuple(read for read, _ in kept), gaps=tuple(gap for _, gap in kept))


def pieces_of(
    sizes: dict[str, int], steps: Sequence[Step], inputs: Sequence[str], outputs: Sequence[str]
) -> list[Piece]:
    """What must be placed of these steps: when it is alive, and what it may lie over."""
    first = dict.fromkeys(inputs, 0)
    last = dict.fromkeys(inputs, 0)
    for index, current in enumerate(steps):
        for name in current.writes:
            first[name] = last[name] = index
        for name in current.reads:
            last[name] = index
    for name in outputs:
        last[name] = len(steps) - 1
    over = {name: _laid_over(name, steps, last, outputs) for name in first}
    found = [Piece(name, aligned(sizes[name]), first[name], last[name], over[name]) for name in first]
    for index, current in enumerate(steps):
        for number, size in enumerate(current.scratch_bytes):
            found.append(Piece(f"{current.name}/scratch{number}", aligned(size), index, index, {}))
    return found


def _laid_over(
    name: str, steps: Sequence[Step], last: Mapping[str, int], outputs: Sequence[str]
) -> dict[str, int]:
    """What a tensor may lie over: what the step that writes it reads for the last time, with its gaps."""
    over: dict[str, int] = {}
    for index, current in enumerate(steps):
        if current.writes[:1] == (name,):
            for read, gap in zip(current.reads, current.gaps, strict=True):
                if gap is not None and last[read] == index and read not in outputs:
                    over[read] = max(over.get(read, 0), aligned(gap))
    return over
