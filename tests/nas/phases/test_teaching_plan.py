from collections.abc import Sequence
from dataclasses import replace

import pytest

from nas.phases import teaching_plan
from nas.phases.teaching_plan import TeachingPlan
from nas.problem import Problem, pose
from nas.training.allowance import Allowance
from nas.training.evaluate import Score
from nas.training.teacher import Teacher
from search_spaces.graph import Graph
from search_spaces.widened import widened
from tests.nas.small_study import small_study


@pytest.fixture(scope="module")
def problem() -> Problem:
    return pose(small_study())


@pytest.fixture(scope="module")
def graphs(problem: Problem) -> list[Graph]:
    return [problem.costing.graph(genotype) for genotype in (problem.smallest, problem.largest)]


@pytest.mark.parametrize(
    ("wide", "twice", "expected"),
    [(1.0, 1.0, (2, 3)), (9.0, 1.0, (2, 2)), (2.0, 2.0, (1, 3)), (9.0, 2.0, (1, 2)), (13.0, 13.0, None)],
)
def test_first_width_is_given_up_then_a_teacher(
    problem: Problem,
    graphs: Sequence[Graph],
    monkeypatch: pytest.MonkeyPatch,
    wide: float,
    twice: float,
    expected: tuple[int, int] | None,
):
    """One worker has 12 seconds of training: for each of two teachers six, and six steps are enough."""
    monkeypatch.setattr(teaching_plan, "EPOCHS", {3: 5.9 / 40, 2: 5.9 / 40})
    slow = {_channels(widened(graph, 3)): wide for graph in graphs}
    monkeypatch.setattr(teaching_plan, "step_seconds", lambda _, graph: slow.get(_channels(graph), twice))
    allowance = Allowance(seconds=12.1 / teaching_plan.TRAINING_PART)
    assert TeachingPlan(problem, 1, allowance).affordable(graphs) == expected


def _channels(graph: Graph) -> tuple[int, ...]:
    return tuple(graph.output_of(op).shape[2] for op in graph.ops[:-2])


@pytest.mark.parametrize(("steps", "expected"), [(6, (2, 3)), (5, (2, 2)), (3, None)])
def test_steps_are_counted_not_timed(
    problem: Problem,
    graphs: Sequence[Graph],
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
    expected: tuple[int, int] | None,
):
    monkeypatch.setattr(teaching_plan, "EPOCHS", {3: 5.9 / 40, 2: 3.9 / 40})
    monkeypatch.delattr(teaching_plan, "step_seconds")
    assert TeachingPlan(problem, 1, Allowance(steps=steps)).affordable(graphs) == expected


def test_no_time_is_not_measured(problem: Problem, graphs: Sequence[Graph], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(teaching_plan, "step_seconds")
    assert TeachingPlan(problem, 2, Allowance(seconds=0.0)).affordable(graphs) is None


@pytest.mark.parametrize(
    ("count", "workers", "spent", "expected"),
    [(2, 2, 0.0, 80.0), (2, 1, 0.0, 40.0), (3, 2, 0.0, 40.0), (1, 2, 25.0, 60.0), (1, 2, 99.0, 40.0)],
)
def test_teachers_share_the_workers_and_what_time_is_left(
    problem: Problem, count: int, workers: int, spent: float, expected: float
):
    plan = TeachingPlan(problem, workers, Allowance(seconds=100.0))
    assert plan.training(count, spent).seconds == pytest.approx(expected)
    assert TeachingPlan(problem, workers, Allowance(steps=7)).training(count, spent) == Allowance(steps=7)


def test_time_and_room_decide_how_often_they_are_asked(
    graphs: Sequence[Graph], monkeypatch: pytest.MonkeyPatch
):
    shown = pose(replace(small_study(), augment=("shift",)))
    images, classes = len(shown.dataset.train), len(shown.dataset.classes)
    teacher = Teacher(graphs[0], Score(0.1, 0.9), steps=10, seconds=1.0)  # type: ignore[arg-type] - not asked
    a_view = 2 * teaching_plan.FORWARD_PART * images / 32 / 10

    def views(seconds: float, spent: float) -> int:
        return TeachingPlan(shown, 1, Allowance(seconds=seconds)).views([teacher, teacher], spent)

    for number in (2, 5):
        assert views(100.0 + a_view * (number + 0.5), 100.0) == number
    assert views(100.0, 1e6) == 1
    assert views(1e6, 0.0) == teaching_plan.MOST_VIEWS
    monkeypatch.setattr(teaching_plan, "TABLE_BYTES", 3 * 2 * images * classes)
    assert views(1e6, 0.0) == 3


def test_without_augmentation_one_view_is_all_views():
    plain = pose(replace(small_study(), augment=()))
    assert TeachingPlan(plain, 1, Allowance(seconds=1e6)).views([], 0.0) == 1
