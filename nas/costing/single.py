"""The costs of one genotype, added up from its parts."""

from __future__ import annotations

from functools import cache, reduce

from constraints.cost import Cost
from constraints.energy import energy_of_ms
from constraints.flash import file_bytes, plan_bytes
from constraints.latency import milliseconds
from nas.costing.moves import Move, head_bytes
from nas.costing.part import COUNT, HALF, Part
from nas.costing.parts import Genes, Parts
from nas.costing.tails import TailSums
from search_spaces.graph import Shape

LOW_HALF = (1 << HALF) - 1
LOW_COUNT = (1 << COUNT) - 1
BLOCKS_TOGETHER = 2
"""How many blocks are remembered as one part; the same three would seldom be met again."""


class _Junction:
    """A shape of maps between two parts, and the parts that were seen to follow it.

    `entries` are by stage and genes, `blocks` by genes.
    """

    __slots__ = ("blocks", "entries", "head", "shape")

    def __init__(self, shape: Shape, stages: int) -> None:
        self.shape = shape
        self.entries: list[dict[Genes, tuple[Part, _Junction]]] = [{} for _ in range(stages)]
        self.blocks: dict[Genes, Part] = {}
        self.head: Part | None = None


class SingleCosts:
    """Costs genotypes of one space on one target, one at a time; it gets faster as it sees more of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stages = tuple((stage.depths, 3 + max(stage.depths)) for stage in parts.space.stages)
        self._stems: dict[Genes, tuple[Part, _Junction]] = {}
        self._junctions: dict[Shape, _Junction] = {}
        self._frame = parts.tail_frame()
        self._ends = cache(self._frame.ends)
        self._shared = parts.shared
        self._target = parts.target
        self._inputs = [parts.input_bytes(number) for number in range(len(parts.space.resolutions))]

    def cost(self, genes: Genes) -> Cost:
        """The cost of a canonical genotype, without the name of its fullest op.

        Raises:
            Inseparable: a part of the network is not costed alone.
            UnsupportedOp: the cost of an op is not known.
        """
        macs = cycles = flash_data = structs_left = counts = shapes = others = preparing = need = 0
        moves: list[Move] = []
        for part in self._walk(genes):
            part_macs, part_cycles, own, kept, count, maps, pieces, prepare, part_need, part_moves, _ = part
            macs += part_macs
            cycles += part_cycles
            flash_data += own
            prepare += structs_left >> HALF
            preparing = prepare if prepare > preparing else preparing
            structs_left += kept
            counts += count
            shapes |= maps
            others |= pieces
            need = part_need if part_need > need else need
            moves += part_moves
        tensors, ops, requests = counts & LOW_COUNT, counts >> COUNT & LOW_COUNT, counts >> 2 * COUNT
        head = head_bytes(self._inputs[genes[0]], need, moves)
        sums = TailSums(
            structs_left & LOW_HALF, flash_data >> HALF, structs_left >> HALF, requests, preparing
        )
        own = flash_data & LOW_HALF
        file = own + self._shared.size(shapes, others) + plan_bytes(tensors)
        latency_ms = self._latency_ms(cycles)
        ram = self._frame.arena_bytes(head, sums, (tensors, ops), self._ends(requests), max)
        return Cost(head, ram, file_bytes(file), macs, latency_ms, energy_of_ms(latency_ms, self._target))

    def _latency_ms(self, cycles: int) -> float | None:
        target = self._target
        if target.latency is None or target.clock_hz is None:
            return None
        return milliseconds(cycles, target.clock_hz)

    def _walk(self, genes: Genes) -> list[Part]:
        """The parts of a network, from its stem to its head."""
        part, junction = self._stems.get(genes[:4]) or self._stem(genes[:4])
        found = [part]
        at = 4
        for number, (depths, size) in enumerate(self._stages):
            depth = depths[genes[at]]
            if depth:
                chosen = genes[at + 1 : at + 4]
                part, junction = junction.entries[number].get(chosen) or self._entry(junction, number, chosen)
                found.append(part)
                end = at + 3 + depth
                for place in range(at + 4, end, BLOCKS_TOGETHER):
                    chosen = genes[place : min(place + BLOCKS_TOGETHER, end)]
                    found.append(junction.blocks.get(chosen) or self._blocks(junction, chosen))
            at += size
        found.append(junction.head or self._head(junction))
        return found

    def _stem(self, genes: Genes) -> tuple[Part, _Junction]:
        part = self._parts.stem(genes)
        self._stems[genes] = part, self._behind(part)
        return self._stems[genes]

    def _entry(self, junction: _Junction, stage: int, genes: Genes) -> tuple[Part, _Junction]:
        part = self._parts.entry(junction.shape, stage, genes)
        junction.entries[stage][genes] = part, self._behind(part)
        return junction.entries[stage][genes]

    def _blocks(self, junction: _Junction, genes: Genes) -> Part:
        junction.blocks[genes] = reduce(
            Part.then, (self._parts.block(junction.shape, gene) for gene in genes)
        )
        return junction.blocks[genes]

    def _head(self, junction: _Junction) -> Part:
        junction.head = self._parts.head(junction.shape)
        return junction.head

    def _behind(self, part: Part) -> _Junction:
        return self._junctions.setdefault(part.shape, _Junction(part.shape, len(self._stages)))
