"""What one part of a network adds to the costs of the whole: its stem, an entry, a block, its head.

A network is a chain of such parts. Each is lowered and costed alone, once for every shape of maps that it is
given; after that a network costs a few additions.
"""

from __future__ import annotations

from typing import NamedTuple

from constraints.arena.chain import chain_of
from constraints.arena.graph_program import program_of
from constraints.arena.order import least_memory_order
from constraints.arena.tail import graph_op_tail
from constraints.arena.tflm_structs import structs_of
from constraints.flash import op_flash
from constraints.latency import predicted_cycles
from constraints.macs import macs_of
from constraints.target import Target
from nas.costing.moves import Move, merged, move_of
from nas.costing.shared import SharedPieces
from nas.costing.tails import tail_sums
from search_spaces.graph import Graph, Shape

HALF = 32
"""Bits: two sums of bytes share a number of 64, three counts have 16 each, so that there is less to add."""
COUNT = 16


class Inseparable(ValueError):
    """A part that is not costed apart from those around it: the whole network must be."""


class Part(NamedTuple):
    """Figures that add up over a network, and some that are joined otherwise.

    A tuple, as a search unpacks millions of them. The first five add up: multiply-accumulates; cycles; bytes
    of the file for this part alone, with kernels' data above them (`HALF`); bytes of structs, with what
    preparing leaves above them; tensors, ops and scratch requests, `COUNT` bits each. `shapes` and `others`
    are the bits of pieces of the file that other parts have, too (`nas.costing.shared`). `preparing` is what
    preparing the part takes at most beside what there was before, `need` the least arena of its moves.
    """

    macs: int
    cycles: int
    flash_data: int
    structs_left: int
    counts: int
    shapes: int
    others: int
    preparing: int
    need: int
    moves: tuple[Move, ...]
    shape: Shape

    def then(self, behind: Part) -> Part:
        """This part and the one behind it as one."""
        return Part(
            self.macs + behind.macs,
            self.cycles + behind.cycles,
            self.flash_data + behind.flash_data,
            self.structs_left + behind.structs_left,
            self.counts + behind.counts,
            self.shapes | behind.shapes,
            self.others | behind.others,
            max(self.preparing, (self.structs_left >> HALF) + behind.preparing),
            max(self.need, behind.need),
            merged(self.moves, behind.moves),
            behind.shape,
        )


def empty_part(shape: Shape) -> Part:
    """A part without ops."""
    return Part(0, 0, 0, 0, 0, 0, 0, 0, 0, (), shape)


def part_of(graph: Graph, target: Target, shared: SharedPieces) -> Part:
    """A part that is lowered as a graph of its own.

    Raises:
        Inseparable: its tensors are not a chain of pieces.
        UnsupportedOp: the cost of an op is not known.
    """
    program = least_memory_order(program_of(graph, target.kernels))
    chain = chain_of(program)
    if chain is None:
        raise Inseparable(f"{graph.ops[0].name} and what follows leave a tensor that nothing reads")
    files = [op_flash(op, graph.output_of(op).shape) for op in graph.ops]
    shapes, others = shared.masks(piece for file in files for piece in file.shared)
    by_name = {op.name: op for op in graph.ops}
    tails = [graph_op_tail(graph, by_name[step.name], target.kernels) for step in program.steps]
    tensors = sum(file.tensors for file in files)
    tail = tail_sums(tails, tensors, structs_of(target.kernels))
    return Part(
        macs=sum(macs_of(graph, op) for op in graph.ops),
        cycles=0 if target.latency is None else predicted_cycles(graph, target.latency),
        flash_data=sum(file.own.total for file in files) | tail.data << HALF,
        structs_left=tail.structs | tail.left << HALF,
        counts=tensors | len(graph.ops) << COUNT | tail.requests << 2 * COUNT,
        shapes=shapes,
        others=others,
        preparing=tail.preparing,
        need=max(segment.need_bytes for segment in chain.segments),
        moves=tuple(map(move_of, chain.segments)),
        shape=graph.output.shape,
    )
