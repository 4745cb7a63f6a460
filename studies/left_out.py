"""How far predicted latencies are from published ones that the fit was not given.

Four questions, from the kindest to the hardest:

- `network`: one network is left out on one board, with all stacks and all resubmissions there. The other
  boards'
  latencies of that network stay.
- `board`: a board is left out but for one network with each stack, which sets the level; the other three are
  predicted, with each of the four as the one in turn.
- `pairing`: a stack is left out on a board; other stacks there and the stack elsewhere stay. Asked of stacks
  that ran
  on more than one board.
- `unseen`: one network is left out everywhere. Each of the four is nearly alone with a kind of op (ad: fully
  connected; ic: wide convolutions and adds), so this asks for the cost of a kind that no total tells of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studies.joint_fit import fit
from studies.mlperf_tiny import Measured
from studies.reference_networks import Network

Keep = Callable[[Measured, str], bool]
QUESTIONS = ("network", "board", "pairing", "unseen")


@dataclass(frozen=True, slots=True)
class Left:
    """A total that was left out, and the relative error of its prediction; `anchor` set the level."""

    question: str
    board: str
    stack: str
    network: str
    error: float
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Median and largest absolute error of `count` predictions."""

    count: int
    median: float
    worst: float


def summarize(left: Sequence[Left]) -> Summary | None:
    """The errors in three numbers, or None where there are none."""
    if not left:
        return None
    errors = np.abs([one.error for one in left])
    return Summary(len(left), float(np.median(errors)), float(errors.max()))


def leave_out(measured: Sequence[Measured], networks: Mapping[str, Network]) -> list[Left]:
    """All predictions to all questions."""
    found: list[Left] = []
    for question, anchor, is_left in _questions(measured):
        kept = [_without(one, is_left) for one in measured]
        rates = fit(kept, networks)
        for one in measured:
            found += [
                Left(
                    question,
                    one.board,
                    one.stack,
                    name,
                    rates.cycles(one, networks, name) / cycles - 1,
                    anchor,
                )
                for name, cycles in one.cycles.items()
                if is_left(one, name)
            ]
    return found


def _questions(measured: Sequence[Measured]) -> Iterator[tuple[str, str, Keep]]:
    names = sorted({name for one in measured for name in one.cycles})
    for board in sorted({one.board for one in measured}):
        for name in names:
            yield "network", "", lambda one, net, b=board, n=name: one.board == b and net == n
            yield "board", name, lambda one, net, b=board, n=name: one.board == b and net != n
    for pair in measured:
        if any(other.stack == pair.stack and other.board != pair.board for other in measured):
            yield "pairing", "", lambda one, _, p=pair: (one.board, one.stack) == (p.board, p.stack)
    for name in names:
        yield "unseen", "", lambda _, net, n=name: net == n


def _without(one: Measured, is_left: Keep) -> Measured:
    return replace(
        one, cycles={name: cycles for name, cycles in one.cycles.items() if not is_left(one, name)}
    )
