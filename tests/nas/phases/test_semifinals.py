import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nas.display import SilentDisplay
from nas.objectives import choose_finalists
from nas.phases.architecture_search import complete_trials
from nas.phases.equal_training import Training, losses_after
from nas.phases.semifinals import read_semifinals, semifinalists, semifinals, winners
from nas.problem import Problem, pose
from nas.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from nas.training.finalist import FinalistContext, TrainedFinalist
from nas.training.supernet import TrainingDiverged
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


def numbers(trials: Sequence[Trial]) -> list[int]:
    return [trial.number for trial in trials]


def test_rivals_of_the_likeliest_finalists_are_those_of_the_lowest_expected_losses(
    problem: Problem, trials: list[Trial]
) -> None:
    likeliest, rivals = semifinalists(problem, trials)
    wanted = choose_finalists([trial.objectives for trial in trials], problem.objectives, COUNT)
    assert numbers(likeliest) == wanted
    assert len(rivals) == COUNT
    taken = {*numbers(likeliest), *numbers(rivals)}
    assert len(taken) == 2 * COUNT
    rest = [trial.objectives[0] for trial in trials if trial.number not in taken]
    assert max(trial.objectives[0] for trial in rivals) <= min(rest)


def four(trials: Sequence[Trial], *costs: float) -> list[Trial]:
    """Of one expected loss, and these costs."""
    return [
        replace(trial, objectives=(0.5, *[cost] * (len(trial.objectives) - 1)))
        for trial, cost in zip(trials, costs, strict=False)
    ]


def test_the_best_after_training_comes_first_whatever_its_score(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = four(trials, 0.8, 0.7, 0.6, 0.5)
    for best in chosen:
        losses = {trial.digest: 0.1 if trial is best else 0.5 for trial in chosen}
        assert winners(problem, trials, chosen, losses)[0] is best


def test_a_small_network_stays_on_the_front_though_it_is_the_worst_of_the_semifinals(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = four(trials, 0.9, 0.89, 0.88, 0.1)
    losses = dict(zip([trial.digest for trial in chosen], (0.30, 0.31, 0.32, 0.40), strict=True))
    assert winners(problem, chosen, chosen, losses) == [chosen[0], chosen[3]]


def test_who_blows_up_in_training_is_out(problem: Problem, trials: list[Trial]) -> None:
    chosen = four(trials, 0.8, 0.7, 0.6, 0.5)
    losses = {trial.digest: math.nan for trial in chosen}
    assert winners(problem, trials, chosen, losses) == chosen[:COUNT]
    losses[chosen[2].digest] = 0.9
    assert winners(problem, trials, chosen, losses) == [chosen[2]]


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
    assert chosen == semifinalists(problem, few)[0]
    assert not folder.semifinals.exists()


def test_what_was_trained_once_is_read_from_the_run_folder(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path)
    workers = InlineWorkers(FinalistContext(None, problem.stream(), problem.validation_images()))
    first = semifinals(problem, folder, trials, workers, Allowance(steps=3), SilentDisplay())
    chosen = [*semifinalists(problem, trials)[0], *semifinalists(problem, trials)[1]]
    rows = {row.digest: row.trained_loss for row in read_semifinals(folder)}
    assert list(rows) == [trial.digest for trial in chosen]
    assert len(set(rows.values())) == 2 * COUNT
    again = semifinals(problem, folder, trials, InlineWorkers(None), Allowance(steps=3), SilentDisplay())
    assert again == first == winners(problem, trials, chosen, rows)


def test_training_that_blows_up_is_a_loss_that_is_no_number(problem: Problem, trials: list[Trial]) -> None:
    def diverging(context: object, assignment: object) -> TrainedFinalist:
        raise TrainingDiverged(f"{context}, {assignment}")

    genotypes = [trial.genotype for trial in trials[:3]]
    training = Training(diverging, Allowance(steps=1), "networks")
    losses = losses_after(problem, genotypes, InlineWorkers(None), training, SilentDisplay())
    assert [math.isnan(loss) for loss in losses] == [True] * 3


def test_semifinals_that_are_damaged_or_lack_a_network_are_refused(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    folder, workers = RunFolder(tmp_path), InlineWorkers(None)
    for text, complaint in (
        ("{}x", r"semifinals\.json is damaged"),
        ('[{"digest": "a"}]', r"semifinals\.json is damaged"),
        (
            json.dumps([{"digest": "a", "trained_loss": 1.0}]),
            r"other networks than this run's: delete it, and `nas",
        ),
    ):
        folder.semifinals.write_text(text, encoding="utf-8")
        with pytest.raises(BadRun, match=complaint):
            semifinals(problem, folder, trials, workers, Allowance(steps=1), SilentDisplay())
