from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import nas
from nas.display import SilentDisplay
from nas.parallel.workers import InlineWorkers
from nas.phases import teachers, teaching_plan
from nas.phases.architecture_search import complete_trials
from nas.phases.finalists import read_planned
from nas.phases.semifinals import by_loss, read_semifinals
from nas.phases.soft_label_file import read_soft_labels, read_teaching
from nas.phases.teachers import Distillation
from nas.problem import Problem, pose
from nas.run_files.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext
from nas.trial_log.trials import Trial
from search_spaces.widened import widened
from tests.nas.small_study import small_study

STEPS = Allowance(steps=6)


@pytest.fixture(autouse=True)
def _easily_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six steps are enough to teach, five are not."""
    monkeypatch.setattr(teaching_plan, "EPOCHS", {3: 5.9 / 40, 2: 5.9 / 40})


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(small_study())


@pytest.fixture(scope="module")
def trials(problem: Problem, finished_run: Path) -> list[Trial]:
    found = complete_trials(problem, RunFolder(finished_run))
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def phase(problem: Problem, folder: RunFolder, trials: list[Trial]) -> Distillation:
    context = FinalistContext(None, problem.stream(), problem.validation_images())
    return Distillation(problem, folder, InlineWorkers(context), trials, 99.0, STEPS, SilentDisplay())


def test_two_wider_networks_say_what_they_take_every_image_for(phase: Distillation, problem: Problem):
    soft = phase.soft_labels()
    assert soft is not None
    assert soft.probabilities.shape == (2, len(problem.dataset.train), 10)
    sums = soft.probabilities.float().sum(2)
    torch.testing.assert_close(sums, torch.ones_like(sums), atol=5e-3, rtol=0)
    teaching = read_teaching(phase.folder)
    assert [one.digest for one in teaching.teachers] == [pupil.digest for pupil in phase.pupils[:2]]
    wide = widened(problem.costing.graph(phase.pupils[0].genotype), 3)
    assert teaching.teachers[0].parameters == sum(op.weight.count for op in wide.ops if op.weight)
    assert [one.steps for one in teaching.teachers] == [6, 6]
    assert "asked about 2 views" in str(teaching)


def test_two_runs_of_one_seed_are_taught_the_same(phase: Distillation, tmp_path: Path):
    said: list[bytes] = []
    for name in ("one", "two"):
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir()
        replace(phase, folder=folder).soft_labels()
        said.append(folder.soft_labels.read_bytes())
    assert said[0] == said[1]


def test_a_network_alone_is_the_model_of_both_teachers(phase: Distillation):
    soft = replace(phase, pupils=phase.pupils[:1]).soft_labels()
    assert soft is not None
    first, second = read_teaching(phase.folder).teachers
    assert first.digest == second.digest
    assert first.loss != second.loss


def test_who_is_little_better_than_the_pupils_teaches_nobody(phase: Distillation):
    assert phase.soft_labels() is not None
    losses = [one.loss for one in read_teaching(phase.folder).teachers]
    best, worst = min(losses), max(losses)
    between = 0.5 * (best + worst) / teachers.LOSS_PART
    assert replace(phase, loss_to_beat=between).soft_labels() is not None
    assert [one.loss for one in read_teaching(phase.folder).teachers] == [best]
    assert replace(phase, loss_to_beat=best).soft_labels() is None
    assert read_soft_labels(phase.problem, phase.folder) is None
    assert "came to little better" in str(read_teaching(phase.folder))


def test_teachers_that_blow_up_are_none(phase: Distillation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(teachers, "train_teacher", lambda *_: None)
    assert phase.soft_labels() is None
    assert "blew up" in str(read_teaching(phase.folder))


@pytest.mark.parametrize("allowance", [Allowance(seconds=0.0), Allowance(seconds=0.001), Allowance(steps=5)])
def test_where_time_is_short_nobody_teaches(phase: Distillation, allowance: Allowance):
    assert replace(phase, allowance=allowance).soft_labels() is None
    assert "too short" in str(read_teaching(phase.folder))


@pytest.mark.parametrize("damage", ["nothing", "cut", "other images"])
def test_what_is_damaged_or_of_other_images_is_refused(phase: Distillation, damage: str):
    phase.soft_labels()
    path = phase.folder.soft_labels
    if damage == "nothing":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-5])
    else:
        save_file(
            {"probabilities": torch.zeros(2, 5, 10)},
            path,
            {"teaching": '{"teachers": [], "views": 2, "seed": 0}'},
        )
    sentence = (
        "must be of 1,295 images and 10 classes, but is of 5" if damage == "other images" else "is damaged"
    )
    with pytest.raises(BadRun, match=f"{sentence}.*delete it, and it is made anew"):
        read_soft_labels(phase.problem, phase.folder)


def test_pupils_are_ranked_by_the_last_semifinal(finished_run: Path, trials: list[Trial], tmp_path: Path):
    last = read_semifinals(RunFolder(finished_run))[-1]
    ranked = by_loss(RunFolder(finished_run), trials)
    assert [loss for _, loss in ranked] == sorted(one.trained_loss for one in last)
    assert {trial.digest for trial, _ in ranked} == {one.digest for one in last}
    expected = by_loss(RunFolder(tmp_path), trials)
    assert [loss for _, loss in expected] == sorted(trial.objectives[0] for trial in trials)


def test_finalists_are_others_where_somebody_teaches(
    finished_run: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(teaching_plan, "EPOCHS", {3: 0.0})
    monkeypatch.setattr(teachers, "LOSS_PART", 9.0)
    nas.search(small_study(), folder.path)
    untaught = RunFolder(finished_run)
    assert "too short" in str(read_teaching(untaught))
    assert len(read_teaching(folder).teachers) == 2
    assert folder.finalists.read_bytes() == untaught.finalists.read_bytes()
    digests = [one.digest for one in read_planned(folder) or []]
    assert digests
    for digest in digests:
        assert folder.network(digest).read_bytes() != untaught.network(digest).read_bytes()
    assert "of every training image" in folder.report.read_text(encoding="utf-8")


def test_with_no_teachers_wanted_there_are_none(finished_run: Path, folder: RunFolder):
    nas.search(replace(small_study(), teachers=0), folder.path)
    assert not folder.soft_labels.exists()
    for one in read_planned(folder) or []:
        same = RunFolder(finished_run).network(one.digest)
        assert folder.network(one.digest).read_bytes() == same.read_bytes()
