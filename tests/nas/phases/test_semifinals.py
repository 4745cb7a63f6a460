import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nas.display import SilentDisplay
from nas.objectives import choose_finalists
from nas.phases.architecture_search import complete_trials
from nas.phases.semifinals import Semifinalist, read_semifinals, semifinalists, semifinals, winners
from nas.problem import Problem, pose
from nas.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext
from nas.trials import Trial
from nas.workers import InlineWorkers
from tests.nas.small_study import small_study

COUNT = 2


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(replace(small_study(), finalists=COUNT))


@pytest.fixture(scope="module")
def trials(problem: Problem, finished_run: Path) -> list[Trial]:
    found = complete_trials(problem, RunFolder(finished_run))
    assert found is not None
    return found


def as_trained(trials: Sequence[Trial], losses: Sequence[float]) -> list[Semifinalist]:
    return [Semifinalist(trial.digest, loss) for trial, loss in zip(trials, losses, strict=True)]


def test_rivals_of_the_likeliest_finalists_are_those_of_the_lowest_expected_losses(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = semifinalists(problem, trials)
    assert len(chosen) == 2 * COUNT
    likeliest = choose_finalists([trial.objectives for trial in trials], problem.objectives, COUNT)
    assert chosen[:COUNT] == [trials[index] for index in likeliest]
    rest = [trial.objectives[0] for trial in trials if trial not in chosen]
    assert max(trial.objectives[0] for trial in chosen[COUNT:]) <= min(rest)
    assert len({trial.digest for trial in chosen}) == 2 * COUNT


def test_the_best_after_training_is_a_finalist_whatever_its_score(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = semifinalists(problem, trials)
    for best in range(len(chosen)):
        losses = [0.1 if index == best else 0.5 for index in range(len(chosen))]
        assert winners(problem, chosen, as_trained(chosen, losses))[0] == chosen[best]
        assert len(winners(problem, chosen, as_trained(chosen, losses))) <= COUNT


def test_a_search_in_which_nothing_scored_says_what_to_change(problem: Problem, trials: list[Trial]) -> None:
    failed = [replace(trial, failure="its loss is not a number") for trial in trials]
    with pytest.raises(BadRun, match=r"raise minutes or steps\.supernet"):
        semifinalists(problem, failed)


def test_where_all_can_be_finalists_nobody_is_trained(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    folder, nobody = RunFolder(tmp_path), InlineWorkers(None)
    few = trials[:COUNT]
    chosen = semifinals(problem, folder, few, nobody, Allowance(steps=1), SilentDisplay())
    assert sorted(trial.number for trial in chosen) == [trial.number for trial in few]
    assert not folder.semifinals.exists()


def test_what_was_trained_once_is_read_from_the_run_folder(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path)
    workers = InlineWorkers(FinalistContext(None, problem.stream(), problem.validation_images()))
    first = semifinals(problem, folder, trials, workers, Allowance(steps=3), SilentDisplay())
    rows = read_semifinals(folder)
    assert [row.digest for row in rows] == [trial.digest for trial in semifinalists(problem, trials)]
    assert len({row.trained_loss for row in rows}) == 2 * COUNT
    again = semifinals(problem, folder, trials, InlineWorkers(None), Allowance(steps=3), SilentDisplay())
    assert again == first == winners(problem, semifinalists(problem, trials), rows)


def test_semifinals_that_are_damaged_or_lack_a_network_are_refused(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    folder, workers = RunFolder(tmp_path), InlineWorkers(None)
    for text, complaint in (
        ("{}x", r"semifinals\.json is damaged"),
        ('[{"digest": "a"}]', r"semifinals\.json is damaged"),
        (json.dumps([{"digest": "a", "trained_loss": 1.0}]), r"lack network .*: delete semifinals\.json"),
    ):
        folder.semifinals.write_text(text, encoding="utf-8")
        with pytest.raises(BadRun, match=complaint):
            semifinals(problem, folder, trials, workers, Allowance(steps=1), SilentDisplay())
