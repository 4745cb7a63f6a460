from pathlib import Path

import pytest

from nas.networks.weight_bank import WeightBank
from nas.phases.candidates import (
    LEAST_STEPS,
    MOST_STEPS,
    read_candidate_steps,
    scoring_context,
    steps_each,
)
from nas.problem import pose
from nas.run_files.run_folder import BadRun, RunFolder
from nas.training.allowance import Allowance
from tests.nas.small_study import small_study

BANK = WeightBank({})


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def test_looking_at_a_candidate_is_taken_from_its_training():
    # 10 s are 200 steps of 50 ms.
    assert steps_each(10.0, 0.05, looks=0.0) == 200
    assert steps_each(10.0, 0.05, looks=20.0) == 180


def test_candidates_are_trained_neither_for_nothing_nor_to_the_end():
    assert steps_each(1.0, 10.0, looks=0.0) == LEAST_STEPS
    assert steps_each(1e9, 0.001, looks=0.0) == MOST_STEPS


def test_a_resumed_search_trains_its_candidates_as_long_as_before(folder: RunFolder):
    problem = pose(small_study(score="trained", minutes=1.0))
    first = scoring_context(problem, folder, BANK, Allowance(seconds=20.0))
    again = scoring_context(problem, folder, BANK, Allowance(seconds=2000.0))
    assert first.steps == again.steps == read_candidate_steps(folder) >= LEAST_STEPS


def test_where_steps_decide_a_candidate_gets_a_part_of_a_finalist_s(folder: RunFolder):
    problem = pose(small_study(score="tuned"))
    assert problem.study.steps is not None
    assert scoring_context(problem, folder, BANK, Allowance(steps=3)).steps == max(
        1, problem.study.steps.finalist // 16
    )


def test_a_score_that_does_not_train_settles_nothing(folder: RunFolder):
    context = scoring_context(pose(small_study()), folder, BANK, Allowance(seconds=20.0))
    assert context.steps == 0
    assert not folder.candidates.exists()


def test_a_damaged_file_is_named_with_its_remedy(folder: RunFolder):
    folder.candidates.write_text("{}")
    with pytest.raises(BadRun, match=r"candidates\.json"):
        read_candidate_steps(folder)
