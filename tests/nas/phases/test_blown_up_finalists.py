"""Finalists whose training blows up: the others stand, and the run says who fell and why."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import nas
from nas.display import SilentDisplay
from nas.phases import finalist_training
from nas.phases.finalists import Finalist, read_planned
from nas.pipeline import resume
from nas.run import load_run
from nas.run_files.run_folder import RunFolder
from nas.training.allowance import Allowance
from nas.training.divergence import TrainingDiverged
from nas.training.finalist import FinalistContext, TrainedFinalist, train_finalist
from search_spaces.graph import Graph
from tests.nas.small_study import files_of, small_study

WHY = "training must keep a finite loss, but it is nan: try another seed"
BlowsUp = Callable[[FinalistContext, Graph], bool]


def blow_up(monkeypatch: pytest.MonkeyPatch, who: BlowsUp) -> list[Graph]:
    """Trainings that `who` names fail; gives those that were begun, as they are."""
    begun: list[Graph] = []

    def train(context: FinalistContext, graph: Graph, allowance: Allowance) -> TrainedFinalist:
        begun.append(graph)
        if who(context, graph):
            raise TrainingDiverged(WHY)
        return train_finalist(context, graph, allowance)

    monkeypatch.setattr(finalist_training, "train_finalist", train)
    return begun


def planned(run: Path) -> list[Finalist]:
    return read_planned(RunFolder(run)) or []


@pytest.fixture
def untrained(copied_run: Path) -> Path:
    """A run whose finalists are chosen, and no more."""
    shutil.rmtree(copied_run / "front")
    return copied_run


def test_the_others_stand_and_who_fell_is_not_trained_again(
    untrained: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = planned(untrained)
    graphs: list[Graph] = blow_up(monkeypatch, lambda _, graph: graph is graphs[0])
    resume(untrained, SilentDisplay())
    settled = {one.digest: one.failure for one in planned(untrained)}
    assert sorted(settled.values(), key=bool) == [None, WHY]
    (stands,) = [digest for digest, failure in settled.items() if failure is None]
    assert [one.digest for one in load_run(untrained).finalists] == [stands]
    assert (
        RunFolder(untrained).network(stands).read_bytes()
        == RunFolder(finished_run).network(stands).read_bytes()
    )
    assert "finalist whose training blew up" in RunFolder(untrained).report.read_text(encoding="utf-8")
    assert {first.digest, second.digest} == {*settled}
    resume(untrained, SilentDisplay())
    assert len(graphs) == 2


def test_where_all_fall_a_sentence_says_why_and_nothing_is_lost(
    untrained: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blow_up(monkeypatch, lambda *_: True)
    with pytest.raises(TrainingDiverged, match=f"^training of all 2 finalists blew up: {WHY}$"):
        resume(untrained, SilentDisplay())
    monkeypatch.undo()
    resume(untrained, SilentDisplay())
    assert files_of(untrained) == files_of(finished_run)


def test_of_several_seeds_those_that_end_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = replace(small_study(score="trained"), seeds=3, teachers=0)
    blow_up(monkeypatch, lambda context, _: context.stream.seed == study.seed + 1)
    nas.search(study, tmp_path / "run")
    for candidate in load_run(tmp_path / "run").finalists:
        assert len(candidate.card["seeds"]["val_accuracy"]["each"]) == 2
        assert candidate.card["val_accuracy"] == max(candidate.card["seeds"]["val_accuracy"]["each"])
    assert all(one.failure is None for one in planned(tmp_path / "run"))
