import random

from nas.calibration import Sizes
from nas.phases.anchors import ANCHORS, spread
from nas.problem import pose
from tests.nas.small_study import small_study


def test_anchors_are_of_all_sizes_with_more_of_the_large_ones_and_the_largest():
    problem = pose(small_study())
    chosen = spread(problem, random.Random(0))
    assert len(set(chosen)) == len(chosen) == ANCHORS
    assert problem.largest in chosen
    assert all(problem.costing.fits(genotype) for genotype in chosen)
    sizes = [Sizes.of(problem.costing.graph(genotype)) for genotype in chosen]
    weights = [one.parameters * one.macs for one in sizes]
    assert weights == sorted(weights)
    rng = random.Random(1)
    drawn = [Sizes.of(problem.costing.graph(problem.sampler.draw(rng))) for _ in range(100)]
    median = sorted(one.parameters * one.macs for one in drawn)[50]
    assert sum(weight > median for weight in weights) > ANCHORS / 2
