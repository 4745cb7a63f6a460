"""A space of networks: a stem, stages of blocks, and a global-average-pool head.

A genotype lists, in this order: the input resolution, the stem's width, kernel and stride, and for every
stage its depth, width, reduction, entry and one block a further place.

A stage opens with an entry, which changes the size and width of the maps, and goes on with blocks that keep
both and so add their input to their output. Few entries and many blocks is what lets networks share weights:
blocks behind a residual all speak of the same features, while every entry would invent its own.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice
from math import prod

from search_spaces.block import Block
from search_spaces.equivalence import first_equal_blocks
from search_spaces.genotype import Genotype
from search_spaces.graph import Pair, Shape
from search_spaces.validation import check_allowed, check_choices

MUTATION_TRIES = 64


class NoNeighbour(ValueError):
    """A genotype has no second one near it: every gene that counts has a single choice."""


class Reduction(StrEnum):
    """How a stage makes its maps smaller as it begins."""

    STRIDE = "stride"
    MAX_POOL = "max_pool"
    AVERAGE_POOL = "average_pool"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Stem:
    """The first convolution's choices."""

    widths: tuple[int, ...]
    kernels: tuple[Pair, ...] = ((3, 3),)
    strides: tuple[Pair, ...] = ((1, 1), (2, 2))


@dataclass(frozen=True, slots=True)
class Stage:
    """An entry and `depth` - 1 blocks at one resolution and width; depth 0 leaves the stage out."""

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    reductions: tuple[Reduction, ...] = (Reduction.STRIDE, Reduction.MAX_POOL)
    stride: Pair = (2, 2)


@dataclass(frozen=True, slots=True)
class Gene:
    """One place of a genotype: its name and how many choices it has."""

    name: str
    choices: int


@dataclass(frozen=True)
class SearchSpace:
    """All networks that one stem, these stages and these blocks can make.

    `resolutions` are the (height, width) that inputs may be resized to, the data's own among them. `allowed`
    holds, gene by gene, the indices that are sampled (all of them unless the space has been trimmed); it does
    not change what an index means, so digests stay valid.

    Raises:
        ValueError: a part has no choice or one twice, labels repeat, or `allowed` leaves the genes.
    """

    name: str
    input_channels: int
    classes: int
    resolutions: tuple[Pair, ...]
    stem: Stem
    stages: tuple[Stage, ...]
    entries: tuple[Block, ...]
    blocks: tuple[Block, ...]
    allowed: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        check_choices(self.name, self._named_choices())
        if not self.allowed:
            object.__setattr__(self, "allowed", tuple(tuple(range(gene.choices)) for gene in self.genes))
        check_allowed(self.name, [(gene.name, gene.choices) for gene in self.genes], self.allowed)

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """The places of a genotype, in order."""
        genes = [
            Gene("resolution", len(self.resolutions)),
            Gene("stem.width", len(self.stem.widths)),
            Gene("stem.kernel", len(self.stem.kernels)),
            Gene("stem.stride", len(self.stem.strides)),
        ]
        for number, stage in enumerate(self.stages):
            genes.append(Gene(f"stage{number}.depth", len(stage.depths)))
            genes.append(Gene(f"stage{number}.width", len(stage.widths)))
            genes.append(Gene(f"stage{number}.reduction", len(stage.reductions)))
            if max(stage.depths) > 0:
                genes.append(Gene(f"stage{number}.entry", len(self.entries)))
            genes.extend(
                Gene(f"stage{number}.block{place}", len(self.blocks)) for place in range(1, max(stage.depths))
            )
        return tuple(genes)

    def input_shape(self, genotype: Genotype) -> Shape:
        """(height, width, channels) that a genotype's network takes."""
        height, width = self.resolutions[genotype.genes[0]]
        return height, width, self.input_channels

    def stage_genes(self, genes: Sequence[int]) -> Iterator[tuple[Stage, Sequence[int]]]:
        """Each stage with its part of the genes: depth, width, reduction, blocks."""
        rest = iter(genes[4:])
        for stage in self.stages:
            yield stage, list(islice(rest, 3 + max(stage.depths)))

    def canonical(self, genes: Sequence[int]) -> Genotype:
        """The genotype of these genes: inactive ones are 0, and the first of equal blocks stands for all."""
        kept = list(genes[:4])
        for (stage, part), firsts in zip(self.stage_genes(genes), self.first_equal, strict=True):
            depth = stage.depths[part[0]]
            first = firsts[part[1]]
            active = [*part[:4], *(first[block] for block in part[4 : 3 + depth])] if depth else part[:1]
            kept.extend(active)
            kept.extend([0] * (len(part) - len(active)))
        return Genotype(tuple(kept))

    def with_gene(self, genotype: Genotype, place: int, value: int, rng: random.Random) -> Genotype:
        """The genotype with one gene set; the genes that this wakes up are drawn."""
        genes = list(genotype.genes)
        genes[place] = value
        return self.canonical(self._filled(genes, genotype, rng))

    def active(self, genotype: Genotype) -> tuple[bool, ...]:
        """Which genes the network depends on."""
        flags = [True] * 4
        for stage, part in self.stage_genes(genotype.genes):
            depth = stage.depths[part[0]]
            used = 1 if depth == 0 else 3 + depth
            flags.extend(place < used for place in range(len(part)))
        return tuple(flags)

    def sample(self, rng: random.Random) -> Genotype:
        """A genotype with every allowed choice of every gene equally likely."""
        return self.canonical([rng.choice(choices) for choices in self.allowed])

    def mutate(self, genotype: Genotype, rng: random.Random) -> Genotype:
        """A neighbour: one active gene changed, or, one time in four each, two or more.

        Raises:
            NoNeighbour: the space holds no second genotype near this one.
        """
        places = [
            place
            for place, (active, choices) in enumerate(zip(self.active(genotype), self.allowed, strict=True))
            if active and len(choices) > 1
        ]
        for _ in range(MUTATION_TRIES if places else 0):
            genes = list(genotype.genes)
            for place in rng.sample(places, _mutation_size(len(places), rng)):
                genes[place] = rng.choice(self.allowed[place])
            mutant = self.canonical(self._filled(genes, genotype, rng))
            if mutant != genotype:
                return mutant
        raise NoNeighbour(
            f"space {self.name} has no neighbour of {genotype.genes}: give a gene a second choice"
        )

    def cross_over(self, first: Genotype, second: Genotype, rng: random.Random) -> Genotype:
        """A child that takes each gene from either parent, from one that uses it where the other does not."""
        genes: list[int] = []
        used = zip(self.active(first), self.active(second), strict=True)
        for ours, theirs, (by_first, by_second) in zip(first.genes, second.genes, used, strict=True):
            drawn = rng.choice((ours, theirs))
            genes.append(drawn if by_first == by_second else ours if by_first else theirs)
        return self.canonical(genes)

    def encode(self, genotype: Genotype) -> list[int]:
        """The flat integer vector of a genotype, one entry a gene."""
        return list(genotype.genes)

    def decode(self, vector: Sequence[int]) -> Genotype:
        """The genotype of a flat integer vector.

        Raises:
            ValueError: its length or an entry is outside the space.
        """
        if len(vector) != len(self.genes):
            raise ValueError(f"a genotype of {self.name} has {len(self.genes)} genes, got {len(vector)}")
        for gene, value in zip(self.genes, vector, strict=True):
            if not 0 <= value < gene.choices:
                raise ValueError(f"{gene.name} must be in 0..{gene.choices - 1}, got {value}")
        return self.canonical([int(value) for value in vector])

    def digest(self, genotype: Genotype) -> str:
        """Ten hexadecimal digits that name a genotype of this space."""
        text = f"{self.name}/{self.input_channels}/{self.classes}/{self.resolutions}/{genotype.genes}"
        return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()

    def count(self) -> int:
        """How many distinct genotypes can be sampled."""
        total = 1
        for choices in self.allowed[:4]:
            total *= len(choices)
        for (stage, part), firsts in zip(self.allowed_by_stage(), self.first_equal, strict=True):
            total *= sum(_count_stage(part, stage.depths[index], firsts) for index in part[0])
        return total

    def trimmed(self, allowed: Sequence[Sequence[int]]) -> SearchSpace:
        """The same space with fewer choices sampled.

        A kept block keeps the one that stands for it where the two are equal, so that every genotype of the
        trimmed space is made of allowed choices.

        Raises:
            ValueError: a gene is missing, keeps nothing, or keeps an index that it does not have.
        """
        check_allowed(self.name, [(gene.name, gene.choices) for gene in self.genes], allowed)
        kept = replace(self, allowed=tuple(tuple(choices) for choices in allowed))
        closed: list[tuple[int, ...]] = list(kept.allowed[:4])
        for (_, part), firsts in zip(kept.allowed_by_stage(), self.first_equal, strict=True):
            closed.extend(part[:4])
            closed.extend(
                tuple(sorted({*blocks, *(firsts[width][block] for width in part[1] for block in blocks)}))
                for blocks in part[4:]
            )
        return replace(kept, allowed=tuple(closed))

    def allowed_by_stage(self) -> Iterator[tuple[Stage, list[tuple[int, ...]]]]:
        """Each stage with its part of `allowed`: depth, width, reduction, blocks."""
        rest = iter(self.allowed[4:])
        for stage in self.stages:
            yield stage, list(islice(rest, 3 + max(stage.depths)))

    def _named_choices(self) -> Iterator[tuple[str, Sequence[object]]]:
        yield "resolution", self.resolutions
        yield from (("stem width", self.stem.widths), ("stem kernel", self.stem.kernels))
        yield "stem stride", self.stem.strides
        for number, stage in enumerate(self.stages):
            yield from ((f"stage{number} depth", stage.depths), (f"stage{number} width", stage.widths))
            yield f"stage{number} reduction", stage.reductions
        deepest = max((depth for stage in self.stages for depth in stage.depths), default=0)
        if deepest > 0:
            yield "entries", [block.label for block in self.entries]
        if deepest > 1:
            yield "blocks", [block.label for block in self.blocks]

    @cached_property
    def first_equal(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """By stage and width index: for every block the first one that writes the same ops there."""
        shape = self.resolutions[0]
        return tuple(
            tuple(first_equal_blocks(self.blocks, (*shape, width)) for width in stage.widths)
            for stage in self.stages
        )

    def _filled(self, genes: list[int], parent: Genotype, rng: random.Random) -> list[int]:
        """Draws the genes that a mutation has woken up: the parent's zeros there are no choice of its own."""
        before, now = self.active(parent), self.active(self.canonical(genes))
        for place, (was, is_now) in enumerate(zip(before, now, strict=True)):
            if is_now and not was:
                genes[place] = rng.choice(self.allowed[place])
        return genes


def _count_stage(part: list[tuple[int, ...]], depth: int, firsts: tuple[tuple[int, ...], ...]) -> int:
    """How many distinct genes a stage of this depth can have; `firsts` are its equal blocks by width."""
    if depth == 0:
        return 1
    ways = 0
    for width in part[1]:
        ways += prod(len({firsts[width][block] for block in blocks}) for blocks in part[4 : 3 + depth])
    return len(part[2]) * len(part[3]) * ways


def _mutation_size(most: int, rng: random.Random) -> int:
    """One gene, and one more with probability 1/4 each time."""
    size = 1
    while size < most and rng.random() < 0.25:
        size += 1
    return size
