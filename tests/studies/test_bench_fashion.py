import random
from pathlib import Path

import pytest

from nas.calibration import Sizes
from nas.display import SilentDisplay
from nas.run import load_run
from search_spaces.lowering import lower
from studies import bench_fashion
from studies.bench_fashion import CONTESTANTS, Outcome, outcome_of, run_of, summary
from studies.by_hand import space
from studies.control_networks import residual_network
from tests.nas.small_study import small_study


def outcome(contestant: str, seed: int, accuracy: float) -> Outcome:
    return Outcome(contestant, seed, accuracy, 0.9, 0.5, 12_000, 60_000, 4_000_000, 3, verified=True)


def test_the_network_by_hand_is_one_and_the_same_that_speed_is_measured_on():
    by_hand = space((28, 28, 1), 10)
    assert by_hand.count() == 1
    graph, same = lower(by_hand, by_hand.sample(random.Random(0))), residual_network((28, 28, 1), 10)
    assert Sizes.of(graph) == Sizes.of(same)
    shapes = [[one.output_of(op).shape for op in one.ops] for one in (graph, same)]
    assert shapes[0] == shapes[1]


def test_means_come_with_their_spread():
    found = summary([outcome("ours", 0, 0.92), outcome("ours", 1, 0.94), outcome("random", 0, 0.9)])
    assert found["ours"]["test_accuracy"] == pytest.approx({"mean": 0.93, "sd": 0.02 / 2**0.5})
    assert found["random"]["test_accuracy"] == {"mean": 0.9, "sd": None}


def test_every_contestant_is_a_study_that_can_be_posed():
    made = [change(small_study()) for change in CONTESTANTS.values()]
    assert len(set(made)) == len(made)
    assert [study.controller for study in made].count("random-search") == 1


def test_a_finished_run_is_read_and_not_made_again(finished_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench_fashion, "PlainDisplay", SilentDisplay)
    before = (finished_run / "report.html").stat().st_mtime_ns
    reached = outcome_of("ours", run_of(small_study(), finished_run))
    best = load_run(finished_run).best()
    assert (finished_run / "report.html").stat().st_mtime_ns == before
    assert reached.test_accuracy == best.test_accuracy
    assert reached.flash_bytes == best.flash_bytes
    assert 0.0 <= reached.hypervolume < 1.0
