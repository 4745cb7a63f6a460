import json

import pytest
import torch

from constraints.macs import count_macs
from nas.problem import Problem, pose
from nas.study_file import read_study
from studies.bench_training import Effort, flat, measure, networks_of, summary
from studies.control_networks import depthwise_network, residual_network
from studies.training_profile import GROUPS, REST, profile_training, shares
from studies.training_speed import threads


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(read_study("digits"))


def ranges_in(figures: dict) -> list[dict]:
    if "median" in figures:
        return [figures]
    return [found for value in figures.values() if isinstance(value, dict) for found in ranges_in(value)]


def test_every_speed_is_a_median_within_its_range_and_flops_are_six_a_multiply_accumulate(problem: Problem):
    figures = measure(problem, Effort(rounds=2, steps=1, candidates=1), processes=1)
    assert set(figures) == {
        *("processes", "matmul_gflops", "training", "supernet_images_per_s", "scored_per_s"),
        "profile_percent",
    }
    assert set(figures["training"]) == {"residual", "largest", "depthwise"}
    ranges = ranges_in(figures)
    # 3 of matrices; of each network images/s and three ways; two ways of the supernet and of scoring.
    assert len(ranges) == 3 + 3 * 4 + 2 + 2
    assert all(0 < found["min"] <= found["median"] <= found["max"] for found in ranges)
    assert json.loads(json.dumps(figures)) == figures
    largest = figures["training"]["largest"]
    gflops = 6 * largest["macs"] * largest["images_per_s"]["median"] / 1e9
    assert largest["gflops"]["processes"]["median"] == pytest.approx(gflops, abs=0.06)
    assert len(dict(flat(figures))) == 1 + len(ranges) + 3 * 2 + 2 * (len(GROUPS) + 1)


def test_the_shares_of_a_profile_make_up_all_the_time(problem: Problem):
    percent = profile_training(networks_of(problem)["largest"], problem.stream(), 2)
    assert set(percent) == {*GROUPS, REST}
    assert sum(percent.values()) == pytest.approx(100, abs=1)
    assert percent["convolution forward"] > 1
    assert percent["convolution backward"] > 1
    assert percent["batch norm and ReLU"] > 0.5


class Event:
    def __init__(self, name: str, microseconds: float, parent: object = None):
        self.name, self.cpu_time_total, self.cpu_parent = name, microseconds, parent


def test_an_event_inside_another_is_not_counted_again():
    outer = Event("aten::conv2d", 30.0)
    events = [
        outer,
        Event("aten::add", 20.0, outer),
        Event("aten::add", 10.0),
        Event("autograd::engine::evaluate_function: ConvolutionBackward0", 40.0),
        Event("aten::unheard_of", 5.0),
    ]
    percent = {name: value for name, value in shares(events, 100.0).items() if value}
    assert percent == {"convolution forward": 30, "convolution backward": 40, "additions": 10, "rest": 20}


def test_the_residual_network_is_the_one_that_was_measured_by_hand():
    graph = residual_network((28, 28, 1), 10)
    # 28^2 x 8 x 9, 14^2 x 16 x 8 x 9, 4 x 14^2 x 16 x 16 x 9, 7^2 x 40 x 16 x 9,
    # 2 x 7^2 x 40 x 32 x 9, 2 x 7^2 x 40 x 25 x 9, 40 x 10
    assert count_macs(graph) == 56448 + 225792 + 4 * 451584 + 282240 + 2 * 564480 + 2 * 441000 + 400
    weights = 72 + 1152 + 4 * 2304 + 5760 + 2 * 11520 + 2 * 9000 + 400
    # Of all but the head one bias a channel once batch norm is folded: 57.9 thousand parameters.
    biases = 8 + 16 + 4 * 16 + 40 + 32 + 40 + 25 + 40 + 10
    assert sum(op.weight.count for op in graph.ops if op.weight) == weights
    assert weights + biases == 57_915


def test_the_depthwise_network_works_mostly_in_pointwise_convolutions():
    graph = depthwise_network((28, 28, 1), 10)
    assert count_macs(graph) == pytest.approx(4.52e6, rel=0.001)
    pointwise = sum(
        op.weight.count * graph.output_of(op).shape[0] * graph.output_of(op).shape[1]
        for op in graph.ops
        if op.weight and op.kernel == (1, 1) and len(op.weight.shape) == 4
    )
    assert pointwise > 0.8 * count_macs(graph)


def test_a_process_computes_on_as_many_threads_as_before_when_it_has_been_timed():
    count = torch.get_num_threads()
    with threads(count + 1):
        assert torch.get_num_threads() == count + 1
    assert torch.get_num_threads() == count


def test_a_summary_is_the_median_and_the_range():
    assert summary([3.0, 1.0, 8.04]) == {"median": 3.0, "min": 1.0, "max": 8.0}
