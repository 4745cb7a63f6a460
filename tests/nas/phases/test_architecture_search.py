import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from constraints.budget import violations
from constraints.estimate import estimate
from nas.display import SilentDisplay
from nas.parallel.workers import open_workers
from nas.phases.anchors import calibrated
from nas.phases.architecture_search import (
    STUDY_NAME,
    check_storage,
    complete_trials,
    hypervolume_over_time,
    read_search_end,
    searched,
)
from nas.phases.supernet import trained_bank
from nas.problem import Problem, pose
from nas.run_files.run_folder import BadRun, RunFolder
from nas.scores.context import ScoringContext
from nas.training.allowance import Allowance
from nas.trial_log.trials import Trial, TrialLog
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from tests.nas.small_study import small_study

NO_TRAINING = Allowance(steps=1)
"""The supernet and the anchors are read from the run folder."""


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(small_study())


def _searched(problem: Problem, folder: RunFolder, allowance: Allowance) -> list[Trial]:
    bank = trained_bank(problem, folder, NO_TRAINING, SilentDisplay())
    context = ScoringContext(bank, problem.stream(), problem.validation_images().first(64))
    with open_workers("inline", context) as workers:
        calibration = calibrated(problem, folder, workers, NO_TRAINING, SilentDisplay())
        return searched(problem, folder, workers, calibration, allowance, SilentDisplay())


def test_every_trial_keeps_the_budget_and_none_is_scored_twice(finished_run: Path, problem: Problem) -> None:
    trials = complete_trials(problem, RunFolder(finished_run))
    assert trials is not None
    assert len({trial.genotype for trial in trials}) == len(trials) == 20
    for trial in trials:
        cost = estimate(lower(problem.space, trial.genotype), problem.target)
        assert replace(cost, peak_op="") == trial.cost
        assert not violations(cost, problem.budget)


def test_a_search_says_how_many_it_costed_and_why_it_turned_some_away(finished_run: Path) -> None:
    end = read_search_end(RunFolder(finished_run))
    assert end.trials == 20
    assert end.costed >= end.trials
    assert {reason for reason, _ in end.rejections} <= {"activations", "flash"}
    assert all(0 < count <= end.costed - end.trials for _, count in end.rejections)


def test_trials_are_complete_only_if_all_that_the_search_counted_are_there(
    copied_run: Path, problem: Problem
) -> None:
    folder = RunFolder(copied_run)
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(b"".join(lines[:-1]))
    assert complete_trials(problem, folder) is None
    folder.journal.write_bytes(b"")
    assert complete_trials(problem, folder) is None
    folder.journal.unlink()
    assert complete_trials(problem, folder) is None
    folder.journal.write_bytes(b"".join(lines))
    assert complete_trials(problem, folder) is not None
    folder.search.unlink()
    assert complete_trials(problem, folder) is None


def test_a_search_goes_on_with_a_controller_that_asks_for_others(copied_run: Path, problem: Problem) -> None:
    folder = RunFolder(copied_run)
    before = complete_trials(problem, folder)
    assert before is not None
    other = replace(problem, study=replace(problem.study, controller="random-search", seed=7))
    after = _searched(other, folder, Allowance(steps=30))
    assert [trial.genotype for trial in after[:20]] == [trial.genotype for trial in before]
    assert [trial.number for trial in after] == list(range(len(after)))
    assert len({trial.genotype for trial in after}) == len(after) > 20


@pytest.fixture(scope="module")
def narrow(problem: Problem) -> Problem:
    """Of a space with few networks that fit."""
    return replace(problem, space=_narrowed(problem.space))


def _begun(path: Path, run: Path) -> RunFolder:
    """A folder with the shared weights and the anchors of a run."""
    folder = RunFolder(path)
    folder.create("")
    for name in ("supernet.safetensors", "anchors.json"):
        (folder.path / name).write_bytes((run / name).read_bytes())
    return folder


def test_a_search_ends_when_no_network_is_left(tmp_path: Path, finished_run: Path, narrow: Problem) -> None:
    folder = _begun(tmp_path / "narrow", finished_run)
    trials = _searched(narrow, folder, Allowance(steps=1_000))
    fitting = {genotype for genotype in _all(narrow.space) if narrow.costing.fits(genotype)}
    assert {trial.genotype for trial in trials} == fitting
    assert read_search_end(folder).why == f"no other network that fits was found, after {len(fitting)}"


@pytest.mark.parametrize(("spent", "goes_on"), [(700.0, True), (999.0, False)])
def test_an_interrupted_search_uses_the_time_that_it_has_left(
    tmp_path: Path,
    finished_run: Path,
    narrow: Problem,
    spent: float,
    goes_on: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    whole = _searched(narrow, _begun(tmp_path / "whole", finished_run), Allowance(steps=1_000))
    folder = _begun(tmp_path / "interrupted", finished_run)
    log = TrialLog.open(folder.journal, STUDY_NAME, narrow.objectives.names, narrow.space.genes)
    for trial in whole[:16]:
        log.record(replace(trial, seconds=spent * (trial.number + 1) / 16))
    after = _searched(narrow, folder, Allowance(seconds=1_000.0))
    assert len(after) == (len(whole) if goes_on else 16)
    assert ("no other" if goes_on else "allowance used") in read_search_end(folder).why


def _narrowed(space: SearchSpace) -> SearchSpace:
    kept_open = {"stem.width", "stem.stride", "stage0.width", "stage0.depth", "stage0.entry"}
    pairs = zip(space.genes, space.allowed, strict=True)
    return space.trimmed([choices if gene.name in kept_open else choices[:1] for gene, choices in pairs])


def _all(space: SearchSpace) -> set:
    rng = random.Random(0)
    return {space.sample(rng) for _ in range(2_000)}


def test_hypervolume_never_falls(finished_run: Path, problem: Problem) -> None:
    trials = complete_trials(problem, RunFolder(finished_run))
    assert trials is not None
    volumes = [volume for _, _, volume in hypervolume_over_time(problem, trials)]
    # Sums in another order differ in their last bits.
    assert all(later >= earlier * (1 - 1e-12) for earlier, later in pairwise(volumes))
    assert volumes[-1] > 0


def test_a_database_that_knows_the_run_is_refused(tmp_path: Path, problem: Problem, copied_run: Path) -> None:
    study = replace(problem.study, storage=f"sqlite:///{tmp_path}/trials.db")
    folder = RunFolder(copied_run)
    check_storage(study, folder)
    _searched(replace(problem, study=study), folder, Allowance(steps=2))
    with pytest.raises(BadRun, match="already holds trials of a run at"):
        check_storage(study, folder)
    check_storage(study, RunFolder(tmp_path / "another"))
