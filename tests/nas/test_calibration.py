import math
import random

import pytest

from nas.calibration import Anchor, Calibration, Sizes, fit, rank_correlation
from tests.nas.training.lessons import one_network


def anchors(count: int, rule: Calibration, seed: int = 0, noise: float = 0.0) -> list[Anchor]:
    rng = random.Random(seed)
    made = []
    for index in range(count):
        sizes = Sizes(rng.randrange(1_000, 60_000), rng.randrange(50_000, 5_000_000), rng.randrange(8))
        scored = rng.uniform(0.5, 2.0)
        trained = rule.expected_loss(scored, sizes) + rng.gauss(0, noise)
        made.append(Anchor(str(index), scored, sizes, trained))
    return made


def test_expected_loss_is_worked_out_as_written():
    # 0.2 + 0.4 x log2(0.5) - 0.05 x log2(4096) - 0.1 x log2(1 + 3) = 0.2 - 0.4 - 0.6 - 0.2 = -1
    rule = Calibration(0.2, (0.4, -0.05, -0.1))
    assert rule.expected_loss(0.5, Sizes(1000, 4096, 3)) == pytest.approx(0.5)


def test_without_enough_anchors_the_expected_loss_is_the_scored_one():
    rule = fit(anchors(3, Calibration(0.0, (0.5, -0.1, -0.1))))
    assert rule.expected_loss(1.25, Sizes(10, 10, 0)) == pytest.approx(1.25)


def test_a_fit_ranks_networks_as_the_rule_that_made_its_anchors():
    truth = Calibration(1.5, (0.3, -0.05, -0.05))
    rule = fit(anchors(14, truth))
    fresh = anchors(40, truth, seed=1)
    by_truth = sorted(fresh, key=lambda a: a.trained_loss)
    by_fit = sorted(fresh, key=lambda a: rule.expected_loss(a.scored_loss, a.sizes))
    # Ridge shrinks the slopes a little, hence not the very same order.
    places = [abs(by_truth.index(a) - by_fit.index(a)) for a in fresh]
    assert max(places) <= 3


def test_capacity_never_speaks_against_a_network():
    rule = fit(anchors(14, Calibration(0.0, (-0.5, 0.2, 0.1))))
    scored, macs, adds = rule.slopes
    assert scored >= 0
    assert macs <= 0
    assert adds <= 0


def test_no_network_counts_as_larger_than_the_largest_anchors():
    made = anchors(14, Calibration(1.5, (0.3, -0.05, -0.08)))
    rule = fit(made)
    macs, adds = max(a.sizes.macs for a in made), max(a.sizes.adds for a in made)
    most = rule.expected_loss(0.5, Sizes(1_000, macs, adds))
    assert rule.expected_loss(0.5, Sizes(1_000, 10 * macs, 10 * adds)) == most
    assert rule.expected_loss(0.5, Sizes(1_000, macs // 2, adds)) > most
    assert rule.expected_loss(0.5, Sizes(1_000, macs, adds - 1)) > most


def test_an_anchor_without_a_loss_is_left_out():
    made = anchors(8, Calibration(1.0, (0.5, -0.02, -0.02)))
    broken = Anchor("broken", math.nan, Sizes(1, 1, 0), 0.0)
    assert fit([*made, broken]) == fit(made)


def test_a_loss_of_nothing_is_no_error():
    assert 0.0 < Calibration().expected_loss(0.0, Sizes(10, 10, 0)) < 1e-5


def test_the_expected_loss_of_a_failed_score_is_not_a_number():
    assert math.isnan(fit(anchors(8, Calibration())).expected_loss(math.nan, Sizes(100, 100, 0)))


def test_rank_correlation_is_one_where_the_scored_loss_decides_and_none_without_anchors():
    tau = rank_correlation(anchors(14, Calibration(0.1, (1.0, 0.0, 0.0))))
    assert tau is not None
    assert tau.scored_loss == pytest.approx(1.0)
    assert tau.expected_loss > 0.9
    assert rank_correlation([]) is None


def test_sizes_count_weights_macs_and_adds_of_the_description():
    graph = one_network()
    weights = sum(math.prod(op.weight.shape) for op in graph.ops if op.weight)
    assert Sizes.of(graph).parameters == weights > 0
    assert Sizes.of(graph).macs > weights
    assert Sizes.of(graph).adds == 1  # of its residual block
