import math
import random
from itertools import pairwise

from nas.calibration import Sizes
from nas.phases.anchors import ANCHORS, spread
from nas.problem import Problem, pose
from search_spaces.genotype import Genotype
from tests.nas.small_study import small_study


def test_anchors_are_evenly_spaced_over_the_upper_half_of_sizes():
    problem = pose(small_study())
    chosen = spread(problem, random.Random(0))
    assert len(set(chosen)) == len(chosen) == ANCHORS
    assert chosen[-1] == problem.largest
    assert all(problem.costing.fits(genotype) for genotype in chosen)
    rng = random.Random(1)
    drawn = [_log_size(problem, problem.sampler.draw(rng)) for _ in range(200)]
    sizes = [_log_size(problem, genotype) for genotype in chosen]
    assert sizes[0] > 0.5 * (min(drawn) + sizes[-1])
    steps = [larger - smaller for smaller, larger in pairwise(sizes)]
    assert max(steps) < 2 * (sizes[-1] - sizes[0]) / len(steps)


def _log_size(problem: Problem, genotype: Genotype) -> float:
    return math.log(Sizes.of(problem.costing.graph(genotype)).product)
