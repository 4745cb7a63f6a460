import random

from constraints.budget import Budget, violations
from constraints.estimate import estimate
from constraints.target import load_target
from nas.costing.costing import Costing
from search_spaces.enumeration import every_genotype
from search_spaces.lowering import lower
from tests.spaces import one_stage_space

BUDGET = Budget(activations_bytes=700, flash_bytes=4_000)


def test_a_genotype_is_costed_once_and_each_broken_limit_counted_once() -> None:
    space, host = one_stage_space(), load_target("host")
    costing = Costing(space, host, BUDGET)
    genotypes = list(every_genotype(space))
    asked = random.Random(0).choices(genotypes, k=500)
    for genotype in asked:
        assert costing.cost(genotype) == estimate(lower(space, genotype), host)
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
        assert estimate(costing.graph(genotype), costing.target) == costing.cost(genotype)
