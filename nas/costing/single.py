"""The costs of one genotype, added up from its parts."""

from __future__ import annotations

from collections.abc import Sequence

from constraints.cost import Cost
from constraints.energy import energy_of_ms
from constraints.flash import file_bytes, plan_bytes
from constraints.latency import milliseconds
from nas.costing.moves import Move, head_bytes
from nas.costing.part import Part
from nas.costing.parts import Genes, Parts
from nas.costing.shared import CHUNK_BITS, CHUNK_MASK
from search_spaces.graph import Shape

BLOCKS_TOGETHER = 2
"""How many blocks are remembered as one part; three of one kind would seldom be met again."""


class SingleCosts:
    """Costs genotypes of one space on one target; what it has seen of them makes the next one cheap."""

    def __init__(self, parts: Parts) -> None:
        space = parts.space
        self._parts = parts
        self._stems: dict[Genes, tuple[Part, _Junction]] = {}
        self._junctions: dict[tuple[int, Shape], _Junction] = {}
        self._stages = [(stage.depths, 3 + max(stage.depths)) for stage in space.stages]
        self._frame = parts.tail_frame()
        self._inputs = [parts.input_bytes(number) for number in range(len(space.resolutions))]
        self._chunks: list[tuple[int, ...]] = []

    def cost(self, genes: Genes) -> Cost:
        """The cost of a canonical genotype.

        Raises:
            Inseparable: a block leaves a tensor that nothing reads.
            UnsupportedOp: the cost of an op is not known.
        """
        macs = cycles = flash = tensors = shapes = others = need = 0
        ops = structs = data = left = requests = preparing = 0
        moves: list[Move] = []
        for part in self._walk(genes):
            _, its_macs, its_cycles, its_flash, its_tensors, its_shapes, its_others, tail, its_need, its_moves = part
            macs += its_macs
            cycles += its_cycles
            flash += its_flash
            tensors += its_tensors
            shapes |= its_shapes
            others |= its_others
            its_ops, its_structs, its_data, its_left, its_requests, its_preparing = tail
            if left + its_preparing > preparing:
                preparing = left + its_preparing
            ops += its_ops
            structs += its_structs
            data += its_data
            left += its_left
            requests += its_requests
            if its_need > need:
                need = its_need
            moves += its_moves
        head = head_bytes(self._inputs[genes[0]], need, moves)
        ...
