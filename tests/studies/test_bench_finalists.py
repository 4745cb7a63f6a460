from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nas.problem import pose
from nas.training.batches import TrainingStream
from studies.bench_finalists import worth
from studies.finalists import ablation
from studies.finalists.ablation import Reached, read_ablation, run_ablation
from studies.finalists.changes import BASE, CHANGES, Change
from tests.nas.small_study import small_study
from tests.nas.training.lessons import one_network


def reached(change: str, seed: int, loss: float, seconds: float = 10.0) -> Reached:
    return Reached("net", change, seed, 9, loss, 1 - loss, 1 - loss, seconds)


def test_a_gain_is_against_the_same_network_and_seed():
    rows = [
        reached(BASE.name, 0, 0.5),
        reached(BASE.name, 1, 0.3),
        reached("other", 0, 0.4, 20.0),
        reached("other", 1, 0.1, 20.0),
        reached("other", 2, 9.9),  # it has nothing to be held against
    ]
    table = worth(rows)
    assert table.loc["other", "loss_gain"] == pytest.approx(0.15)
    assert table.loc["other", "loss_gain_sd"] == pytest.approx(0.05 * 2**0.5)
    assert table.loc["other", "time"] == pytest.approx(2.0)
    assert table.loc["other", "trainings"] == 2
    assert table.loc[BASE.name, "loss_gain"] == 0.0


def _seen(change: Change, stream: TrainingStream) -> tuple[object, ...]:
    batches = change.batches(stream)
    return change.recipe, change.taught, batches.augmentation, batches.batch_size, batches.precision


def test_every_change_changes_something_and_has_a_name_of_its_own():
    assert len({change.name for change in CHANGES}) == len(CHANGES)
    stream = replace(pose(small_study()).stream(), precision=torch.bfloat16)
    as_it_is = _seen(BASE, stream)
    for change in CHANGES[1:]:
        assert _seen(change, stream) != as_it_is


def test_only_what_is_lacking_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ablation, "EPOCHS", {ablation.TEACHER_WIDTH: 0.1})
    monkeypatch.setattr(ablation, "SEEDS", (0,))
    path, problem, graphs = tmp_path / "rows.jsonl", pose(small_study()), {"one": one_network()}
    seen: list[tuple[int, int]] = []

    def run(count: int) -> list[Reached]:
        chosen = [*CHANGES[: count - 1], next(change for change in CHANGES if change.taught)]
        return run_ablation(problem, graphs, "inline", lambda *at: seen.append(at), 8, chosen, path)

    first = run(2)
    assert seen == [(1, 2), (2, 2)]
    assert run(3)[:2] == first
    assert seen[2:] == [(1, 1)]
    assert len({row.change for row in read_ablation(path)}) == 3
    assert len({row.int8_loss for row in read_ablation(path)}) == 3
