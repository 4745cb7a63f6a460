from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces.enumeration import every_genotype
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower
from search_spaces.presets import images, signals, tiny_images
from search_spaces.space import NoNeighbour, Reduction, SearchSpace, Stage, Stem
from tests.spaces import every_family_space, large_space, one_stage_space, single_space, two_stage_space

FAMILIES = every_family_space()
LARGE = large_space()
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)


def trimmed_space(rng: random.Random) -> SearchSpace:
    """The large space with a random part of every gene's choices."""
    kept = [sorted(rng.sample(choices, rng.randint(1, len(choices)))) for choices in LARGE.allowed]
    return LARGE.trimmed(kept)


def is_inside(space: SearchSpace, genotype: Genotype) -> bool:
    """Whether every active gene is an allowed choice and every other one is 0."""
    rows = zip(genotype.genes, space.active(genotype), space.allowed, strict=True)
    return all(value in choices if active else value == 0 for value, active, choices in rows)


@PROPERTY
@given(SEEDS)
def test_decoding_what_was_encoded_gives_the_genotype_back(seed: int) -> None:
    genotype = FAMILIES.sample(random.Random(seed))
    assert FAMILIES.decode(FAMILIES.encode(genotype)) == genotype


@PROPERTY
@given(SEEDS)
def test_samples_mutants_and_children_stay_inside_the_trimmed_space_and_are_canonical(seed: int) -> None:
    rng = random.Random(seed)
    space = trimmed_space(rng)
    first, second = space.sample(rng), space.sample(rng)
    children = [first, space.cross_over(first, second, rng), _mutant(space, first, rng)]
    for child in children:
        assert is_inside(space, child)
        assert space.canonical(child.genes) == child
        assert space.decode(space.encode(child)) == child


def _mutant(space: SearchSpace, genotype: Genotype, rng: random.Random) -> Genotype:
    try:
        mutant = space.mutate(genotype, rng)
    except NoNeighbour:
        return genotype
    assert mutant != genotype
    return mutant


@PROPERTY
@given(SEEDS)
def test_a_child_has_each_of_its_genes_from_a_parent_that_uses_it(seed: int) -> None:
    rng = random.Random(seed)
    first, second = LARGE.sample(rng), LARGE.sample(rng)
    child = LARGE.cross_over(first, second, rng)
    users = [(parent.genes, LARGE.active(parent)) for parent in (first, second)]
    for place, (gene, active) in enumerate(zip(LARGE.genes, LARGE.active(child), strict=True)):
        if (
            active and ".block" not in gene.name
        ):  # a block may be renamed to an equal one at the child's width
            assert child.genes[place] in {genes[place] for genes, uses in users if uses[place]}


@PROPERTY
@given(SEEDS)
def test_genes_that_a_mutation_wakes_are_allowed_choices_and_not_the_zeros_of_the_parent(seed: int) -> None:
    rng = random.Random(seed)
    names = [gene.name for gene in LARGE.genes]
    rows = zip(names, LARGE.allowed, strict=True)
    space = LARGE.trimmed([choices[-2:] if ".block" in name else choices for name, choices in rows])
    place = names.index("stage1.depth")
    shallow = space.with_gene(space.sample(rng), place, 0, rng)
    deepest = space.with_gene(shallow, place, 3, rng)
    woken = [deepest.genes[names.index(f"stage1.block{number}")] for number in (1, 2, 3)]
    assert is_inside(space, deepest)
    assert 0 not in woken
    assert not any(shallow.genes[names.index("stage1.block1") : names.index("stage2.depth")])


@pytest.mark.parametrize(
    "space", [one_stage_space(), two_stage_space(), single_space()], ids=lambda s: s.name
)
def test_the_count_is_what_brute_force_finds(space: SearchSpace) -> None:
    everything = {space.canonical(genes) for genes in product(*space.allowed)}
    assert space.count() == len(everything)
    assert set(every_genotype(space)) == everything
    assert len(list(every_genotype(space))) == len(everything)


def test_the_count_of_a_small_space_is_the_one_worked_out_by_hand() -> None:
    assert one_stage_space().count() == 4 * (1 + 4 + 10)


@PROPERTY
@given(SEEDS)
def test_the_count_of_a_trimmed_space_is_what_brute_force_finds(seed: int) -> None:
    rng = random.Random(seed)
    space = two_stage_space()
    space = space.trimmed([sorted(rng.sample(c, rng.randint(1, len(c)))) for c in space.allowed])
    everything = {space.canonical(genes) for genes in product(*space.allowed)}
    assert space.count() == len(everything)
    assert all(is_inside(space, genotype) for genotype in everything)


def test_equal_networks_have_equal_digests_and_different_ones_do_not() -> None:
    space = one_stage_space()
    digests: dict[tuple[object, ...], set[str]] = {}
    for genes in product(*space.allowed):
        network = lower(space, Genotype(genes))
        digests.setdefault((network.input, network.ops), set()).add(space.digest(space.canonical(genes)))
    assert all(len(names) == 1 for names in digests.values())
    assert len({name for names in digests.values() for name in names}) == len(digests) == space.count()


def test_genes_of_a_stage_that_is_left_out_are_zero() -> None:
    space = one_stage_space()
    assert space.canonical((0, 1, 0, 1, 0, 1, 0, 1, 2)).genes == (0, 1, 0, 1, 0, 0, 0, 0, 0)
    assert space.canonical((0, 1, 0, 1, 1, 1, 0, 1, 2)).genes == (0, 1, 0, 1, 1, 1, 0, 1, 0)
    assert space.canonical((0, 1, 0, 1, 2, 1, 0, 1, 2)).genes == (0, 1, 0, 1, 2, 1, 0, 1, 2)


def test_a_trimmed_block_keeps_the_one_that_stands_for_it() -> None:
    space = one_stage_space()
    kept = [list(choices) for choices in space.allowed]
    kept[8] = [2]  # the second bottleneck alone; at width 4 it is the first one
    assert space.trimmed(kept).allowed[8] == (1, 2)


def test_a_trimmed_space_keeps_the_digests() -> None:
    space = two_stage_space()
    trimmed = space.trimmed([choices[:1] for choices in space.allowed])
    genotype = trimmed.sample(random.Random(0))
    assert trimmed.digest(genotype) == space.digest(genotype)


def test_a_space_of_one_network_has_no_neighbours() -> None:
    space = single_space()
    genotype = space.sample(random.Random(0))
    assert space.count() == 1
    with pytest.raises(NoNeighbour, match="single has no neighbour"):
        space.mutate(genotype, random.Random(0))


def test_the_same_seed_draws_the_same_genotypes() -> None:
    def drawn(seed: int) -> list[Genotype]:
        rng = random.Random(seed)
        genotypes = [LARGE.sample(rng)]
        return [*genotypes, *(LARGE.mutate(genotypes[0], rng) for _ in range(20))]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


@pytest.mark.parametrize(
    ("vector", "sentence"),
    [
        ([0], "a genotype of single has 8 genes, got 1"),
        ([0] * 7 + [9], r"stage0.entry must be in 0..0, got 9"),
    ],
)
def test_a_vector_that_is_no_genotype_is_refused(vector: list[int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        single_space().decode(vector)


@pytest.mark.parametrize(
    ("allowed", "sentence"),
    [
        ([], "space one_stage has 9 genes, got allowed choices for 0"),
        ([[0], [], [0], [0], [0], [0], [0], [0], [0]], "stem.width must keep at least one choice, got none"),
        ([[0], [2], [0], [0], [0], [0], [0], [0], [0]], r"stem.width must be in 0..1, got 2"),
        ([[0], [1, 1], [0], [0], [0], [0], [0], [0], [0]], "stem.width must list each index once"),
    ],
)
def test_a_trim_that_leaves_the_genes_is_refused(allowed: list[list[int]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        one_stage_space().trimmed(allowed)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stem": Stem(widths=())}, "stem width has no choice; give at least one"),
        ({"stem": Stem(widths=(4, 8, 4))}, "stem width lists 4 twice; list each choice once"),
        ({"blocks": ()}, "blocks has no choice; give at least one"),
        ({"blocks": one_stage_space().blocks[:1] * 2}, "blocks lists conv3 twice"),
        ({"stages": (Stage(depths=(), widths=(4,)),)}, "stage0 depth has no choice"),
        ({"stages": (Stage(depths=(1,), widths=(4,), reductions=()),)}, "stage0 reduction has no choice"),
    ],
)
def test_a_space_with_an_empty_or_a_repeated_choice_is_refused(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(one_stage_space(), allowed=(), **changes)


@pytest.mark.parametrize(
    "preset", [tiny_images.space, images.space, signals.space], ids=["tiny", "images", "signals"]
)
@pytest.mark.parametrize(
    "shape", [(28, 28, 1), (32, 32, 3), (8, 8, 1), (96, 96, 3), (49, 10, 1), (512, 1, 3)], ids=str
)
def test_every_preset_lowers_for_every_shape(preset, shape: tuple[int, int, int]) -> None:
    space = preset(shape, 7)
    rng = random.Random(0)
    for _ in range(20):
        graph = lower(space, space.sample(rng))
        assert graph.output.shape == (1, 1, 7)
        assert graph.input.shape[2] == shape[2]
        assert len({op.name for op in graph.ops}) == len(graph.ops)
        assert all(min(tensor.shape) > 0 for tensor in graph.tensors.values())


def test_images_of_32_pixels_and_more_may_be_resized_and_smaller_ones_may_not() -> None:
    assert tiny_images.space((32, 32, 3), 2).resolutions == ((32, 32), (24, 24), (16, 16))
    assert tiny_images.space((28, 28, 1), 2).resolutions == ((28, 28),)


def test_on_a_line_no_preset_kernel_or_stride_reaches_across() -> None:
    space = signals.space((512, 1, 3), 4)
    rng = random.Random(1)
    for _ in range(20):
        for op in lower(space, space.sample(rng)).ops:
            assert op.kernel[1] == op.stride[1] == 1


REDUCED = {
    Reduction.STRIDE: [(4, 4, 4), (4, 4, 4)],  # the first block strides, the second keeps and adds
    Reduction.MAX_POOL: [(4, 4, 4), (4, 4, 4), (4, 4, 4)],
    Reduction.AVERAGE_POOL: [(4, 4, 4), (4, 4, 4), (4, 4, 4)],
    Reduction.NONE: [(8, 8, 4), (8, 8, 4)],
}


@pytest.mark.parametrize("reduction", Reduction)
def test_a_stage_reduces_once_as_it_begins(reduction: Reduction) -> None:
    space = replace(
        one_stage_space(),
        allowed=(),
        stages=(Stage(depths=(2,), widths=(4,), reductions=(reduction,)),),
        stem=Stem(widths=(4,), strides=((1, 1),)),
    )
    graph = lower(space, space.canonical((0,) * 9))
    inside = [op for op in graph.ops if op.name.startswith("stage0")]
    assert [graph.output_of(op).shape for op in inside if not op.name.endswith("add")] == REDUCED[reduction]
    adds = [op.name for op in inside if op.name.endswith("add")]
    second_only = ["stage0.block1.plain.add"]
    both = ["stage0.block0.plain.add", *second_only]
    assert adds == (second_only if reduction is Reduction.STRIDE else both)


def test_a_stage_of_depth_zero_leaves_no_op_behind() -> None:
    space = one_stage_space()
    graph = lower(space, space.canonical((0,) * 9))
    assert [op.name for op in graph.ops] == ["stem", "head.pool", "head.classify"]


@PROPERTY
@given(SEEDS)
def test_what_is_added_always_agrees_in_shape(seed: int) -> None:
    graph = lower(LARGE, LARGE.sample(random.Random(seed)))
    for op in graph.ops:
        if op.name.endswith("add"):
            first, second = graph.inputs_of(op)
            assert first.shape == second.shape == graph.output_of(op).shape
