from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import nas
from nas.display import SilentDisplay
from nas.phases import teachers
from nas.phases.finalists import read_planned
from nas.phases.teachers import School, describe, read_soft_labels, read_teaching
from nas.problem import Problem, pose
from nas.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext
from nas.workers import InlineWorkers
from search_spaces.genotype import Genotype
from search_spaces.widened import widened
from tests.nas.small_study import small_study

STEPS = Allowance(steps=6)


@pytest.fixture(autouse=True)
def _easily_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some steps are enough to teach."""
    monkeypatch.setattr(teachers, "LEAST_EPOCHS", STEPS.steps / 40 - 0.01)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(small_study())


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def school(
    problem: Problem, folder: RunFolder, allowance: Allowance = STEPS, to_beat: float | None = None
) -> School:
    context = FinalistContext(None, problem.stream(), problem.validation_images())
    models: list[Genotype] = [problem.largest, problem.smallest]
    return School(problem, folder, InlineWorkers(context), models, allowance, to_beat, SilentDisplay())


def test_two_wider_networks_say_what_they_take_every_image_for(problem: Problem, folder: RunFolder):
    soft = school(problem, folder).soft_labels()
    assert soft is not None
    assert soft.probabilities.shape == (teachers.VIEWS_IN_STEPS, len(problem.dataset.train), 10)
    sums = soft.probabilities.float().sum(2)
    torch.testing.assert_close(sums, torch.ones_like(sums), atol=5e-3, rtol=0)
    teaching = read_teaching(folder)
    assert [one.digest for one in teaching.teachers] == [
        problem.space.digest(genotype) for genotype in (problem.largest, problem.smallest)
    ]
    assert [one.steps for one in teaching.teachers] == [6, 6]
    assert teaching.teachers[0].parameters > teaching.teachers[1].parameters
    assert "asked about 2 views" in describe(teaching)


def test_they_are_asked_once_and_two_runs_of_one_seed_say_the_same(problem: Problem, tmp_path: Path):
    said: list[bytes] = []
    for name in ("one", "two"):
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir()
        assert school(problem, folder).soft_labels() is not None
        said.append(folder.soft_labels.read_bytes())
        again = replace(school(problem, folder), workers=InlineWorkers(None)).soft_labels()
        assert again is not None
    assert said[0] == said[1]


def test_networks_that_come_to_nothing_better_teach_nobody(problem: Problem, folder: RunFolder):
    assert school(problem, folder, to_beat=0.01).soft_labels() is None
    assert read_soft_labels(problem, folder) is None
    assert describe(read_teaching(folder)) == (
        "none: the wider networks came to nothing better than those that fit"
    )


@pytest.mark.parametrize("allowance", [Allowance(seconds=0.001), Allowance(steps=5)])
def test_where_time_is_short_nobody_teaches(problem: Problem, folder: RunFolder, allowance: Allowance):
    assert school(problem, folder, allowance).soft_labels() is None
    assert "too short" in describe(read_teaching(folder))


def test_time_decides_how_wide_teachers_are_and_how_often_they_are_asked(
    problem: Problem, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    three, two = (widened(problem.costing.graph(problem.largest), factor) for factor in (3, 2))
    monkeypatch.setattr(teachers, "step_seconds", lambda _, graph: 1.0 if graph == three else 1e-9)
    soft = school(problem, folder, Allowance(seconds=1.0)).soft_labels()
    assert soft is not None
    assert 1 <= soft.views <= teachers.MOST_VIEWS
    assert read_teaching(folder).teachers[0].parameters == sum(op.weight.count for op in two.ops if op.weight)


def test_memory_bounds_the_views(problem: Problem, folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(teachers, "TABLE_BYTES", 1)
    soft = school(problem, folder).soft_labels()
    assert soft is not None
    assert soft.views == 1


@pytest.mark.parametrize("damage", ["nothing", "cut", "other"])
def test_what_is_damaged_is_refused(problem: Problem, folder: RunFolder, damage: str):
    school(problem, folder).soft_labels()
    path = folder.soft_labels
    if damage == "nothing":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-5])
    else:
        save_file({"probabilities": torch.zeros(2, 5, 10)}, path)
    with pytest.raises(BadRun, match="delete it, and it is made anew"):
        school(problem, folder).soft_labels()


def test_finalists_are_others_where_somebody_teaches(
    finished_run: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(teachers, "LEAST_EPOCHS", 0.0)
    nas.search(small_study(), folder.path)
    untaught = RunFolder(finished_run)
    assert "too short" in describe(read_teaching(untaught))
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
