from __future__ import annotations

import math
import random
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.pareto import (
    Point,
    choose_by_contribution,
    contributions,
    crowding_distances,
    hypervolume,
    non_dominated,
    running_hypervolume,
)

PROPERTY = settings(deadline=None, derandomize=True, max_examples=80)
SIDE = 5


@st.composite
def grid_points(draw: st.DrawFn, least: int = 0) -> list[Point]:
    """Up to 7 points with whole coordinates in [0, SIDE], some equal, in 1 to 4 objectives."""
    objectives = draw(st.integers(1, 4))
    point = st.tuples(*[st.integers(0, SIDE).map(float)] * objectives)
    return draw(st.lists(point, min_size=least, max_size=7))


def reference_for(points: list[Point]) -> Point:
    return (float(SIDE),) * (len(points[0]) if points else 2)


def cells(points: list[Point], objectives: int) -> int:
    """How many unit cells below the reference some point dominates: each is counted by itself."""
    return sum(
        any(all(value <= corner for value, corner in zip(point, cell, strict=True)) for point in points)
        for cell in product(range(SIDE), repeat=objectives)
    )


def dominates(first: Point, second: Point) -> bool:
    pairs = list(zip(first, second, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@PROPERTY
@given(grid_points())
def test_the_front_is_what_comparing_all_pairs_leaves(points: list[Point]) -> None:
    expected = [i for i, point in enumerate(points) if not any(dominates(other, point) for other in points)]
    assert non_dominated(points) == expected


@PROPERTY
@given(grid_points(least=1))
def test_the_hypervolume_is_the_number_of_cells_that_are_dominated(points: list[Point]) -> None:
    assert hypervolume(points, reference_for(points)) == cells(points, len(points[0]))


@PROPERTY
@given(st.integers(0, 2**32 - 1))
def test_the_hypervolume_agrees_with_inclusion_and_exclusion(seed: int) -> None:
    rng = random.Random(seed)
    objectives = rng.randint(2, 5)
    points = [tuple(rng.random() for _ in range(objectives)) for _ in range(6)]
    reference = (1.0,) * objectives
    total = 0.0
    for size in range(1, len(points) + 1):
        for group in combinations(points, size):
            corner = [max(values) for values in zip(*group, strict=True)]
            total += (-1) ** (size + 1) * math.prod(1 - value for value in corner)
    assert hypervolume(points, reference) == pytest.approx(total, rel=1e-9)


@PROPERTY
@given(grid_points(least=1))
def test_a_contribution_is_the_number_of_cells_that_only_this_point_dominates(points: list[Point]) -> None:
    reference = reference_for(points)
    whole = cells(points, len(reference))
    expected = [whole - cells(points[:i] + points[i + 1 :], len(reference)) for i in range(len(points))]
    assert contributions(points, reference) == expected


@PROPERTY
@given(grid_points(least=1), st.integers(0, 7))
def test_each_point_chosen_covers_most_together_with_those_before_it(points: list[Point], count: int) -> None:
    reference = reference_for(points)
    chosen = choose_by_contribution(points, reference, count)
    front = non_dominated(points)
    assert len(chosen) == len(set(chosen)) == min(count, len(front))
    for size in range(1, len(chosen) + 1):
        before = [points[i] for i in chosen[: size - 1]]
        joint = {i: cells([*before, points[i]], len(reference)) for i in front if i not in chosen[: size - 1]}
        assert joint[chosen[size - 1]] == max(joint.values())


def test_three_points_cover_the_area_worked_out_by_hand() -> None:
    points = [(1.0, 4.0), (2.0, 2.0), (4.0, 1.0)]
    # Below (5, 5), left to right: 1 wide x 1 high, 2 x 3, 1 x 4.
    assert hypervolume(points, (5.0, 5.0)) == 1 + 6 + 4
    assert contributions(points, (5.0, 5.0)) == [1.0, 4.0, 1.0]
    assert choose_by_contribution(points, (5.0, 5.0), 2) == [1, 0]  # a tie goes to the earlier point


def test_points_beyond_the_reference_and_points_without_a_number_cover_nothing() -> None:
    points = [(1.0, 1.0), (6.0, 0.0), (math.nan, 0.0), (0.0, math.inf)]
    assert hypervolume(points, (5.0, 5.0)) == 16
    assert contributions(points, (5.0, 5.0)) == [16, 0, 0, 0]
    assert non_dominated(points) == [0, 1, 3]


def test_equal_points_stand_on_the_front_together() -> None:
    assert non_dominated([(1.0, 2.0), (1.0, 2.0), (2.0, 2.0)]) == [0, 1]
    assert contributions([(1.0, 2.0), (1.0, 2.0)], (3.0, 3.0)) == [0.0, 0.0]


def test_nothing_covers_nothing() -> None:
    assert non_dominated([]) == []
    assert hypervolume([], (1.0, 1.0)) == 0
    assert choose_by_contribution([], (1.0, 1.0), 3) == []


def test_crowding_measures_the_gap_between_neighbours_and_spares_the_ends() -> None:
    # The middle point's neighbours are 4 of 4 apart in one objective and 6 of 6 in the other.
    assert crowding_distances([(1.0, 7.0), (2.0, 5.0), (5.0, 1.0)]) == [math.inf, 2.0, math.inf]
    assert crowding_distances([(1.0, 7.0), (1.0, 7.0)]) == [0.0, 0.0]


def test_a_front_of_a_thousand_points_is_found_at_once() -> None:
    rng = random.Random(0)
    points = [(rng.random(), rng.random(), rng.random()) for _ in range(1_000)]
    front = non_dominated(points)
    assert 10 < len(front) < 200
    assert hypervolume(points, (1.0, 1.0, 1.0)) == pytest.approx(
        hypervolume([points[index] for index in front], (1.0, 1.0, 1.0))
    )


def test_hundreds_of_points_in_five_objectives_are_measured_one_after_another() -> None:
    rng = random.Random(0)
    points = [tuple(rng.random() for _ in range(5)) for _ in range(300)]
    reference = (1.0,) * 5
    volumes = running_hypervolume(points, reference)
    for count in (1, 2, 30):
        assert volumes[count - 1] == pytest.approx(hypervolume(points[:count], reference))
    assert volumes == sorted(volumes)
    inside = sum(
        any(all(a <= b for a, b in zip(point, at, strict=True)) for point in points)
        for at in ([rng.random() for _ in range(5)] for _ in range(4_000))
    )
    assert volumes[-1] == pytest.approx(inside / 4_000, abs=0.03)


@PROPERTY
@given(grid_points(least=1))
def test_the_volume_grows_by_what_a_point_adds(points: list[Point]) -> None:
    reference = reference_for(points)
    expected = [cells(points[: count + 1], len(reference)) for count in range(len(points))]
    assert running_hypervolume(points, reference) == expected


@pytest.mark.parametrize(
    ("points", "reference", "sentence"),
    [
        ([(1.0, 1.0)], (math.inf, 1.0), "the reference point must be finite"),
        ([(-math.inf, 1.0)], (1.0, 1.0), "a point at -infinity covers everything"),
        ([(1.0, 1.0, 1.0)], (1.0, 1.0), r"points must have one number of objectives, got \[2, 3\]"),
    ],
)
def test_what_has_no_volume_is_refused(points: list[Point], reference: Point, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        hypervolume(points, reference)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="how many points to choose must be 0 or more, got -1"):
        choose_by_contribution([(1.0, 1.0)], (2.0, 2.0), -1)
