import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nas.display import SilentDisplay
from nas.objectives import choose_finalists
from nas.parallel.workers import InlineWorkers
from nas.phases.architecture_search import complete_trials
from nas.phases.equal_training import Training, losses_after
from nas.phases.semifinals import ROUNDS, Semifinals, contenders, read_semifinals
from nas.problem import Problem, pose
from nas.run_files.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from nas.training.divergence import TrainingDiverged
from nas.training.finalist import FinalistContext, TrainedFinalist
from nas.trial_log.trials import Trial
from tests.nas.small_study import small_study

COUNT = 2
ALLOWANCES = (Allowance(steps=2), Allowance(steps=3))


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(replace(small_study(), finalists=COUNT))


@pytest.fixture(scope="module")
def trials(problem: Problem, finished_run: Path) -> list[Trial]:
    found = complete_trials(problem, RunFolder(finished_run))
    assert found is not None
    assert len(found) > ROUNDS[0] * COUNT
    return found


def held(problem: Problem, folder: Path, *, working: bool = False) -> Semifinals:
    context = FinalistContext(None, problem.stream(), problem.validation_images()) if working else None
    return Semifinals(problem, RunFolder(folder), InlineWorkers(context), ALLOWANCES, SilentDisplay())


def numbers(trials: Sequence[Trial]) -> list[int]:
    return [trial.number for trial in trials]


def corner(problem: Problem, trials: Sequence[Trial], loss: float | None = None) -> tuple[float, ...]:
    high, *budget = problem.objectives.reference([trial.objectives for trial in trials])
    return (loss or high, *budget)


def costing(trials: Sequence[Trial], *costs: float) -> list[Trial]:
    """Of one expected loss, and these costs."""
    return [
        replace(trial, objectives=(0.5, *[cost] * (len(trial.objectives) - 1)))
        for trial, cost in zip(trials, costs, strict=False)
    ]


def test_rivals_of_the_likeliest_finalists_are_those_of_the_lowest_losses(
    problem: Problem, trials: list[Trial]
) -> None:
    losses = {trial.digest: trial.objectives[0] for trial in trials}
    chosen = numbers(contenders(problem, trials, losses, 6, corner(problem, trials)))
    assert len(set(chosen)) == 6
    likeliest = choose_finalists([trial.objectives for trial in trials], problem.objectives, COUNT)
    assert set(likeliest) <= set(chosen)
    rivals = [losses[trials[number].digest] for number in chosen if number not in likeliest]
    assert max(rivals) <= min(losses[trial.digest] for trial in trials if trial.number not in chosen)


def test_the_best_after_training_comes_first_whatever_its_score(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = costing(trials, 0.8, 0.7, 0.6, 0.5)
    for best in chosen:
        losses = {trial.digest: 0.1 if trial is best else 0.5 for trial in chosen}
        assert contenders(problem, chosen, losses, COUNT, corner(problem, chosen))[0] is best


def test_a_small_network_stays_though_it_is_the_worst_of_all(problem: Problem, trials: list[Trial]) -> None:
    chosen = costing(trials, 0.9, 0.89, 0.88, 0.1)
    losses = dict(zip([trial.digest for trial in chosen], (0.30, 0.31, 0.32, 0.60), strict=True))
    assert contenders(problem, chosen, losses, COUNT, corner(problem, chosen, 0.61)) == [chosen[0], chosen[3]]


def test_a_dominated_network_has_a_second_round_but_is_no_finalist(
    problem: Problem, trials: list[Trial]
) -> None:
    chosen = costing(trials, 0.5, 0.6, 0.7)
    losses = dict(zip([trial.digest for trial in chosen], (0.30, 0.31, 0.32), strict=True))
    at = corner(problem, chosen)
    assert contenders(problem, chosen, losses, COUNT, at) == chosen[:1]
    assert contenders(problem, chosen, losses, 2 * COUNT, at) == chosen


def test_who_blows_up_in_training_is_out(problem: Problem, trials: list[Trial]) -> None:
    chosen = costing(trials, 0.8, 0.7, 0.6, 0.5)
    losses, at = {trial.digest: math.nan for trial in chosen}, corner(problem, chosen)
    assert contenders(problem, chosen, losses, 4, at) == chosen[:COUNT]
    losses[chosen[2].digest] = 0.9
    assert contenders(problem, chosen, losses, 4, at) == [chosen[2]]


def test_training_that_blows_up_is_a_loss_that_is_no_number(problem: Problem, trials: list[Trial]) -> None:
    def diverging(context: object, assignment: object) -> TrainedFinalist:
        raise TrainingDiverged(f"{context}, {assignment}")

    genotypes = [trial.genotype for trial in trials[:3]]
    training = Training(diverging, Allowance(steps=1), "networks")
    losses = losses_after(problem, genotypes, InlineWorkers(None), training, SilentDisplay())
    assert [math.isnan(loss) for loss in losses] == [True] * 3


def test_a_search_in_which_nothing_scored_says_what_to_change(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    failed = [replace(trial, failure="its loss is not a number") for trial in trials]
    with pytest.raises(BadRun, match=r"raise minutes or steps\.supernet"):
        held(problem, tmp_path).finalists(failed)


def test_where_all_can_be_finalists_nobody_is_trained(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    few = trials[:COUNT]
    chosen = held(problem, tmp_path).finalists(few)
    assert set(numbers(chosen)) <= set(numbers(few))
    assert not RunFolder(tmp_path).semifinals.exists()


def test_the_better_half_of_the_first_round_is_the_second(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    finalists = held(problem, tmp_path, working=True).finalists(trials)
    first, second = read_semifinals(RunFolder(tmp_path))
    assert len(first) == ROUNDS[0] * COUNT
    assert len(second) == ROUNDS[1] * COUNT
    best = min(first, key=lambda one: one.trained_loss).digest
    assert best in {one.digest for one in second} <= {one.digest for one in first}
    assert finalists[0].digest == min(second, key=lambda one: one.trained_loss).digest
    assert len(finalists) <= COUNT


def test_rounds_that_were_played_are_read_from_the_run_folder(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    whole = held(problem, tmp_path, working=True).finalists(trials)
    assert held(problem, tmp_path).finalists(trials) == whole
    folder = RunFolder(tmp_path)
    played = json.loads(folder.semifinals.read_text(encoding="utf-8"))
    folder.semifinals.write_text(json.dumps(played[:1]), encoding="utf-8")
    assert held(problem, tmp_path, working=True).finalists(trials) == whole
    assert json.loads(folder.semifinals.read_text(encoding="utf-8")) == played


def test_semifinals_that_are_damaged_or_of_another_run_are_refused(
    problem: Problem, trials: list[Trial], tmp_path: Path
) -> None:
    for text, complaint in (
        ("{}x", r"semifinals\.json is damaged"),
        ('[[{"digest": "a"}]]', r"semifinals\.json is damaged"),
        (json.dumps([[{"digest": "a", "trained_loss": 1.0}]]), r"other networks than this run's: delete it"),
    ):
        RunFolder(tmp_path).semifinals.write_text(text, encoding="utf-8")
        with pytest.raises(BadRun, match=complaint):
            held(problem, tmp_path).finalists(trials)
