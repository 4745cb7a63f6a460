import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from constraints.budget import Budget, UnknownCost, violations
from constraints.cost_models import EnergyModel
from constraints.estimate import estimate
from constraints.target import load_target
from nas.costing.costing import Costing
from search_spaces.builder import GraphBuilder
from search_spaces.enumeration import every_genotype
from search_spaces.graph import Activation, Pair, Tensor
from search_spaces.lowering import lower
from search_spaces.space import Reduction
from tests.spaces import one_stage_space, two_stage_space

BUDGET = Budget(activations_bytes=300, flash_bytes=4_000)


def test_a_genotype_is_costed_once_and_each_broken_limit_counted_once() -> None:
    space, host = one_stage_space(), load_target("host")
    costing = Costing(space, host, BUDGET)
    genotypes = list(every_genotype(space))
    asked = random.Random(0).choices(genotypes, k=500)
    for genotype in asked:
        assert costing.cost(genotype) == replace(estimate(lower(space, genotype), host), peak_op="")
    assert costing.costed == len(set(asked))
    broken = [
        violation.quantity
        for genotype in set(asked)
        for violation in violations(costing.cost(genotype), BUDGET)
    ]
    assert {name: broken.count(name) for name in set(broken)} == dict(costing.rejections)
    assert set(broken) == {"activations", "flash"}


def test_what_fits_has_no_excess() -> None:
    space = one_stage_space()
    costing = Costing(space, load_target("host"), BUDGET)
    for genotype in every_genotype(space):
        assert (
            costing.fits(genotype)
            == (costing.excess(genotype) == 0)
            == (not violations(costing.cost(genotype), BUDGET))
        )


def test_a_fresh_costing_has_counted_nothing() -> None:
    costing = Costing(one_stage_space(), load_target("host"), BUDGET)
    genotype = next(every_genotype(costing.space))
    costing.cost(genotype)
    fresh = costing.afresh()
    assert (fresh.costed, fresh.rejections.total()) == (0, 0)
    assert fresh.cost(genotype) == costing.cost(genotype)


def test_the_graph_runs_in_the_order_that_is_exported_and_costed() -> None:
    costing = Costing(one_stage_space(), load_target("host"), BUDGET)
    for genotype in every_genotype(costing.space):
        cost = estimate(costing.graph(genotype), costing.target)
        assert replace(cost, peak_op="") == costing.cost(genotype)


def test_many_at_once_exceed_the_budget_by_what_each_does() -> None:
    board = replace(load_target("stm32l4r5"), energy=EnergyModel(30.0, "made up"))
    budget = Budget(600, 3_000, 4_000, latency_ms=0.2, energy_uj=5.0, macs=9_000)
    costing = Costing(two_stage_space(), board, budget)
    genotypes = list(every_genotype(costing.space))
    matrix = np.array([genotype.genes for genotype in genotypes])
    excess = costing.excess_many(matrix).tolist()
    assert excess == [costing.excess(genotype) for genotype in genotypes]
    assert costing.fits_many(matrix).tolist() == [costing.fits(genotype) for genotype in genotypes]
    assert set(costing.rejections) == {"activations", "ram", "flash", "latency", "energy", "macs"}
    assert 0 in excess


def test_none_at_once_cost_nothing() -> None:
    costing = Costing(one_stage_space(), load_target("host"), BUDGET)
    assert costing.excess_many(np.zeros((0, len(costing.space.genes)), dtype=np.int64)).shape == (0,)


def test_a_budget_that_cannot_be_answered_is_refused_for_many_too() -> None:
    costing = Costing(one_stage_space(), load_target("host"), Budget(latency_ms=1.0))
    matrix = np.array([genotype.genes for genotype in every_genotype(costing.space)])
    with pytest.raises(UnknownCost, match="latency is budgeted"):
        costing.fits_many(matrix)


@dataclass(frozen=True)
class Oddity:
    """A block out of a test's function."""

    label: str
    write: Callable[[GraphBuilder, Tensor, int, str], Tensor]

    def lower(self, builder: GraphBuilder, x: Tensor, channels: int, stride: Pair, slot: str) -> Tensor:  # noqa: ARG002 - never strided
        return self.write(builder, x, channels, slot)


def _nothing(builder: GraphBuilder, x: Tensor, channels: int, slot: str) -> Tensor:  # noqa: ARG001 - as a block
    return x


def _unread(builder: GraphBuilder, x: Tensor, channels: int, slot: str) -> Tensor:
    kept = builder.conv(x, f"{slot}.kept", channels)
    builder.conv(x, f"{slot}.unread", channels)
    return kept


def _widened(builder: GraphBuilder, x: Tensor, channels: int, slot: str) -> Tensor:
    return builder.conv(x, f"{slot}.wide", 2 * channels)


def _chain(builder: GraphBuilder, x: Tensor, channels: int, slot: str) -> Tensor:
    y = builder.depthwise(x, f"{slot}.depthwise", (3, 3))
    return builder.conv(y, f"{slot}.pointwise", channels, activation=Activation.NONE)


@pytest.mark.parametrize(("write", "count"), [(_nothing, 150), (_unread, 4), (_widened, 60), (_chain, 150)])
def test_a_block_of_any_kind_costs_what_it_does_in_the_whole_network(
    write: Callable[[GraphBuilder, Tensor, int, str], Tensor], count: int
) -> None:
    plain, odd = two_stage_space(), Oddity("odd", write)
    kept = replace(plain.stages[0], widths=(4, 8), reductions=(Reduction.NONE,), depths=(0, 1, 2))
    space = replace(
        plain,
        stages=(kept, replace(kept, widths=(4,))),
        entries=(*plain.entries[:1], odd),
        blocks=(*plain.blocks[:1], odd),
        allowed=(),
    )
    host = load_target("host")
    costing = Costing(space, host, BUDGET)
    genotypes = random.Random(0).sample(list(every_genotype(space)), count)
    columns = costing.costs(np.array([genotype.genes for genotype in genotypes]))
    for row, genotype in enumerate(genotypes):
        whole = replace(estimate(lower(space, genotype), host), peak_op="")
        assert costing.cost(genotype) == columns.cost(row) == whole


def test_networks_of_many_gigabytes_are_costed_too() -> None:
    space = replace(one_stage_space(), resolutions=((60_000, 60_000),))
    costing = Costing(space, load_target("host"), BUDGET)
    genotypes = list(every_genotype(space))[-3:]
    columns = costing.costs(np.array([genotype.genes for genotype in genotypes]))
    for row, genotype in enumerate(genotypes):
        whole = replace(estimate(lower(space, genotype), costing.target), peak_op="")
        assert whole.activations_bytes > 1 << 32
        assert costing.cost(genotype) == columns.cost(row) == whole
