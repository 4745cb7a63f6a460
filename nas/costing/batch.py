"""The costs of a population of genotypes at once: rows of an integer matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from constraints.energy import energy_of_ms
from constraints.flash import file_bytes, plan_bytes
from constraints.latency import milliseconds
from nas.costing.columns import CostColumns
from nas.costing.gathered import Gathered
from nas.costing.move_columns import Ints, head_bytes
from nas.costing.part import Part
from nas.costing.parts import Parts
from nas.costing.table import BEHIND, PartTable
from search_spaces.graph import Shape

CHUNK = 1 << 14
"""Genotypes that are costed together, so that their columns stay in the processor's cache."""
BLOCKS_TOGETHER = 2
"""How many blocks are one part of a table; of three there would be too many."""
NO_PART = 0
"""The key of a stage that is left out; those of entries begin at 1."""


@dataclass(frozen=True, slots=True)
class _StageTables:
    """The parts of one stage. `first` is the place of its depth among the genes, `depths` the depth by gene.

    `choices` are the numbers of widths, reductions and entries; `blocks` has a table for every
    few places behind the entry, with the places.
    """

    first: int
    depths: Ints
    choices: tuple[int, int, int]
    entries: PartTable
    blocks: tuple[tuple[PartTable, range], ...]


class BatchCosts:
    """Costs populations of one space on one target; parts are made as they are first met."""

    def __init__(self, parts: Parts) -> None:
        space = parts.space
        self._parts = parts
        self._shapes: list[Shape] = []
        self._numbers: dict[Shape, int] = {}
        self._stem_choices = tuple(gene.choices for gene in space.genes[:4])
        self._block_choices = len(space.blocks) + 1
        self._stems = PartTable(self._stem, self._behind)
        self._heads = PartTable(lambda key: parts.head(self._shapes[key]), self._behind)
        self._stages = tuple(self._stage_tables())
        self._frame = parts.tail_frame()
        self._inputs = np.array([parts.input_bytes(number) for number in range(len(space.resolutions))])

    def costs(self, genotypes: NDArray[np.integer]) -> CostColumns:
        """The costs of canonical genotypes, (genotypes, genes).

        Raises:
            Inseparable: a part of one of the networks is not costed alone.
            UnsupportedOp: the cost of an op is not known.
        """
        target = self._parts.target
        starts = range(0, len(genotypes), CHUNK)
        chunks = [self._chunk(genotypes[start : start + CHUNK]) for start in starts]
        head, ram, flash, macs, cycles = np.hstack([np.zeros((5, 0), dtype=np.int64), *chunks])
        latency_ms: Any = None
        energy_uj: Any = None
        if target.latency is not None and target.clock_hz is not None:
            latency_ms = milliseconds(cycles, target.clock_hz)
            energy_uj = energy_of_ms(latency_ms, target)
        return CostColumns(head, ram, flash, macs, latency_ms, energy_uj)

    def _chunk(self, genotypes: NDArray[np.integer]) -> Ints:
        """By genotype: head, arena, file, multiply-accumulates and cycles."""
        genes = np.ascontiguousarray(genotypes.T, dtype=np.int64)
        gathered = Gathered(len(genotypes))
        for table, columns in self._walk(genes):
            gathered.add(table, columns)
        head = head_bytes(self._inputs.take(genes[0]), gathered.need, gathered.moves)
        tensors: Any
        tensors, ops, requests = gathered.counts()
        sums, ends = gathered.tail_sums(requests), self._frame.ends(requests)
        ram = self._frame.arena_bytes(head, sums, (tensors, ops), ends, np.maximum)
        pieces: Any = gathered.file_bytes(self._parts.shared)
        flash = file_bytes(pieces + plan_bytes(tensors))
        return np.stack([head, ram, flash, *gathered.sums[:2]])

    def _walk(self, genes: Ints) -> Iterator[tuple[PartTable, Ints]]:
        """The parts of all networks, from stem to head: tables and columns in them."""
        columns = self._stems.columns(_mixed(tuple(genes[:4]), self._stem_choices))
        yield self._stems, columns
        shapes = self._stems.figures[BEHIND].take(columns)
        for stage in self._stages:
            depths = stage.depths.take(genes[stage.first])
            chosen = genes[stage.first + 1 : stage.first + 4]
            keys = _mixed((shapes, *chosen), (0, *stage.choices)) + 1
            is_left_out = None
            if not stage.depths.all():
                is_left_out = depths == 0
                keys = np.where(is_left_out, NO_PART, keys)
            columns = stage.entries.columns(keys)
            yield stage.entries, columns
            behind = stage.entries.figures[BEHIND].take(columns)
            shapes = behind if is_left_out is None else np.where(is_left_out, shapes, behind)
            for table, places in stage.blocks:
                keys = shapes
                for place in places:
                    block = (genes[stage.first + 3 + place] + 1) * (depths > place)
                    keys = keys * self._block_choices + block
                yield table, table.columns(keys)
        yield self._heads, self._heads.columns(shapes)

    def _stage_tables(self) -> Iterator[_StageTables]:
        space, first = self._parts.space, 4
        for number, stage in enumerate(space.stages):
            deepest = max(stage.depths)
            if deepest:
                choices = (len(stage.widths), len(stage.reductions), len(space.entries))
                entries = PartTable(partial(self._entry, number, choices), self._behind)
                blocks = self._block_tables(deepest)
                yield _StageTables(first, np.array(stage.depths), choices, entries, blocks)
            first += 3 + deepest

    def _block_tables(self, deepest: int) -> tuple[tuple[PartTable, range], ...]:
        """A table for every few places behind an entry."""
        starts = range(1, deepest, BLOCKS_TOGETHER)
        groups = [range(start, min(start + BLOCKS_TOGETHER, deepest)) for start in starts]
        return tuple(
            (PartTable(partial(self._blocks, len(places)), self._behind), places) for places in groups
        )

    def _stem(self, key: int) -> Part:
        return self._parts.stem(_digits(key, self._stem_choices))

    def _entry(self, stage: int, choices: tuple[int, int, int], key: int) -> Part | None:
        if key == NO_PART:
            return None
        shape, *genes = _digits(key - 1, (len(self._shapes), *choices))
        return self._parts.entry(self._shapes[shape], stage, tuple(genes))

    def _blocks(self, places: int, key: int) -> Part | None:
        shape, *chosen = _digits(key, (len(self._shapes), *(self._block_choices,) * places))
        blocks = [self._parts.block(self._shapes[shape], block - 1) for block in chosen if block]
        return reduce(Part.then, blocks) if blocks else None

    def _behind(self, part: Part) -> int:
        """The number of the shape that a part leaves."""
        if part.shape not in self._numbers:
            self._numbers[part.shape] = len(self._shapes)
            self._shapes.append(part.shape)
        return self._numbers[part.shape]


def _mixed(digits: Sequence[Ints], choices: Sequence[int]) -> Ints:
    """Numbers out of their digits, the highest first; `choices` are how many values each has."""
    number = digits[0]
    for digit, count in zip(digits[1:], choices[1:], strict=True):
        number = number * count + digit
    return number


def _digits(number: int, choices: Sequence[int]) -> tuple[int, ...]:
    """The digits that `_mixed` made a number of."""
    found: list[int] = []
    for count in reversed(choices):
        number, digit = divmod(number, count)
        found.append(digit)
    return tuple(reversed(found))
