from dataclasses import replace
from pathlib import Path

import pytest

import nas
from nas.phases import finalists
from nas.phases.architecture_search import complete_trials
from nas.phases.finalists import plan_finalists, read_planned
from nas.phases.supernet import read_curve
from nas.problem import Problem, pose
from nas.run_files.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from tests.nas.small_study import small_study


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(small_study())


def test_finalists_are_read_back_as_they_were_planned(tmp_path: Path, finished_run: Path) -> None:
    planned = read_planned(RunFolder(finished_run))
    assert planned is not None
    assert {finalist.digest for finalist in planned} == {
        candidate.digest for candidate in nas.load_run(finished_run).finalists
    }
    assert {finalist.allowance for finalist in planned} == {Allowance(steps=8)}
    assert read_planned(RunFolder(tmp_path)) is None


def test_a_list_of_finalists_that_is_something_else_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for text in ("{}x", "[1]", '[{"digest": "a"}]', "3"):
        folder.finalists.write_text(text, encoding="utf-8")
        with pytest.raises(BadRun, match=r"finalists\.json is damaged: delete it"):
            read_planned(folder)


def test_minutes_are_shared_out_among_the_finalists(
    tmp_path: Path, finished_run: Path, problem: Problem
) -> None:
    trials = complete_trials(problem, RunFolder(finished_run))
    assert trials is not None
    timed = replace(problem, study=replace(problem.study, steps=None, minutes=1.0))
    planned = plan_finalists(timed, RunFolder(tmp_path), trials[:3], 30.0, 1)
    seconds = [finalist.allowance.seconds or 0.0 for finalist in planned]
    assert sum(seconds) == pytest.approx(30.0)
    assert read_planned(RunFolder(tmp_path)) == planned


def test_the_best_gets_twice_the_steps_where_there_are_more_networks_than_workers(
    tmp_path: Path, finished_run: Path, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = complete_trials(problem, RunFolder(finished_run))
    assert trials is not None
    monkeypatch.setattr(finalists, "step_seconds", lambda *_: 0.5)
    timed = replace(problem, study=replace(problem.study, steps=None, minutes=1.0))

    def seconds(count: int, workers: int, seeds: int = 1) -> list[float]:
        posed = replace(timed, study=replace(timed.study, seeds=seeds))
        planned = plan_finalists(posed, RunFolder(tmp_path), trials[:count], 30.0, workers)
        return [finalist.allowance.seconds or 0.0 for finalist in planned]

    assert seconds(4, 1) == pytest.approx([12.0, 6.0, 6.0, 6.0])
    assert seconds(3, 2) == pytest.approx([30.0, 15.0, 15.0])
    assert seconds(2, 2) == pytest.approx([30.0, 30.0])
    assert seconds(2, 1, seeds=3) == pytest.approx([20.0 / 3, 10.0 / 3])


def test_a_curve_that_is_gone_is_done_without_and_one_that_is_damaged_is_named(copied_run: Path) -> None:
    folder = RunFolder(copied_run)
    points = read_curve(folder)
    assert [point.step for point in points] == sorted({point.step for point in points})
    assert points[-1].step == 16
    folder.curve.write_text("[{}]", encoding="utf-8")
    with pytest.raises(BadRun, match=r"supernet\.json is damaged: delete it, and the report does without"):
        read_curve(folder)
    folder.curve.unlink()
    assert read_curve(folder) == []
