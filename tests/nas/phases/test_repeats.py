"""A search whose candidates are trained, and whose finalists are trained twice, looked at from all sides."""

import json
import shutil
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.display import SilentDisplay
from nas.phases.finalist_training import keep_best, seeds_of
from nas.phases.finalists import read_planned
from nas.phases.repeats import Accuracies, seed_spread
from nas.pipeline import resume
from nas.problem import pose
from nas.report.data import Spread
from nas.run import load_run
from nas.run_files.finalist_point import finalist_point
from nas.run_files.run_folder import RunFolder
from tests.nas.small_study import small_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "twice"
    nas.search(replace(small_study(score="trained"), seeds=2), path)
    return path


def cards_of(run: Path) -> list[dict[str, Any]]:
    return [candidate.card for candidate in load_run(run).finalists]


def test_every_finalist_has_a_network_of_each_seed_and_keeps_the_best_on_validation(run: Path):
    folder = RunFolder(run)
    for card in cards_of(run):
        each = [folder.network_of_seed(card["digest"], seed).read_bytes() for seed in (3, 4)]
        assert each[0] != each[1]
        reached = card["seeds"]["val_accuracy"]["each"]
        assert folder.network(card["digest"]).read_bytes() == each[reached.index(max(reached))]
        assert card["val_accuracy"] == max(reached)


def test_a_card_says_how_far_apart_the_seeds_are(run: Path):
    for card in cards_of(run):
        for name in ("val_accuracy", "test_accuracy"):
            spread = card["seeds"][name]
            assert spread["mean"] == pytest.approx(statistics.mean(spread["each"]))
            assert spread["sd"] == pytest.approx(statistics.stdev(spread["each"]))
        assert card["test_accuracy"] in card["seeds"]["test_accuracy"]["each"]


def test_candidates_that_are_trained_need_no_supernet(run: Path):
    assert not RunFolder(run).supernet.exists()
    assert "from random weights" in RunFolder(run).report.read_text()


def test_a_run_that_lacks_one_seed_trains_that_one_alone_and_ends_the_same(run: Path, tmp_path: Path):
    copied = Path(shutil.copytree(run, tmp_path / "run"))
    folder = RunFolder(copied)
    planned = read_planned(folder)
    assert planned is not None
    first, lost = planned[0].digest, folder.network_of_seed(planned[0].digest, 4)
    kept = folder.network_of_seed(first, 3)
    before, as_it_was = lost.read_bytes(), kept.stat().st_mtime_ns
    for path in (lost, folder.network(first), folder.card(first)):
        path.unlink()
    resume(copied, SilentDisplay())
    assert lost.read_bytes() == before
    assert kept.stat().st_mtime_ns == as_it_was
    assert [card["seeds"] for card in cards_of(copied)] == [card["seeds"] for card in cards_of(run)]


def test_of_equal_networks_the_first_seed_is_kept(run: Path, tmp_path: Path):
    copied = Path(shutil.copytree(run, tmp_path / "run"))
    folder, problem = RunFolder(copied), pose(load_run(copied).study)
    finalist = (read_planned(folder) or [])[0]
    first, second = (folder.network_of_seed(finalist.digest, seed) for seed in seeds_of(problem.study))
    second.write_bytes(first.read_bytes())
    keep_best(problem, folder, finalist.genotype)
    assert folder.network(finalist.digest).read_bytes() == first.read_bytes()


def test_one_seed_has_no_spread():
    assert seed_spread([]) is None


def test_a_spread_holds_the_seeds_in_order():
    spread = seed_spread([Accuracies(0.5, 0.25), Accuracies(0.75, 0.5), Accuracies(1.0, 0.75)])
    assert json.loads(json.dumps(spread)) == {
        "val_accuracy": {"mean": 0.75, "sd": 0.25, "each": [0.5, 0.75, 1.0]},
        "test_accuracy": {"mean": 0.5, "sd": 0.25, "each": [0.25, 0.5, 0.75]},
    }


def test_the_front_is_shown_with_the_spread(run: Path):
    points = [finalist_point(card) for card in cards_of(run)]
    for point, card in zip(points, cards_of(run), strict=True):
        known = card["seeds"]["test_accuracy"]
        assert point.spread == Spread(known["mean"], known["sd"], 2)
