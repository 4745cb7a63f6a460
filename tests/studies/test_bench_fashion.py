import random
from pathlib import Path

import pytest

from constraints.budget import Budget
from constraints.estimate import estimate
from constraints.target import load_target
from nas.costing.costing import Costing
from nas.display import SilentDisplay
from nas.run import load_run
from search_spaces.lowering import lower
from studies import bench_fashion
from studies.bench_fashion import CONTESTANTS, Outcome, outcome_of, run_of, summary
from studies.by_hand import space
from tests.nas.small_study import small_study


def outcome(contestant: str, seed: int, accuracy: float) -> Outcome:
    return Outcome(contestant, seed, accuracy, 0.9, 0.5, 12_000, 60_000, 4_000_000, 3, verified=True)


def test_the_network_by_hand_is_one_and_costs_what_its_parts_add_up_to_within_the_budget():
    by_hand, target = space((28, 28, 1), 10), load_target("host")
    assert by_hand.count() == 1
    genotype = by_hand.sample(random.Random(0))
    cost = Costing(by_hand, target, Budget()).cost(genotype)
    assert cost.flash_bytes == estimate(lower(by_hand, genotype), target).flash_bytes == 62_272
    assert cost.activations_bytes <= 12_600
    assert cost.flash_bytes <= 63_600
    assert cost.macs == pytest.approx(4.4e6, rel=0.03)


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
