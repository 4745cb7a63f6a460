"""Fronts of points whose every objective is minimised: who is dominated, and how much a front covers.

Points are compared as they are: an objective that matters on another scale is to be rescaled by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Point = tuple[float, ...]


def non_dominated(points: Sequence[Point]) -> list[int]:
    """The indices, in order, of the points that no other point dominates; equal points stand together.

    One point dominates another that it is nowhere worse than and somewhere better (Deb et al. 2002,
    "A fast and elitist multiobjective genetic algorithm: NSGA-II", section III). A point with NaN is never
    among them and dominates nothing.

    Raises:
        ValueError: the points differ in their number of objectives.
    """
    _check_lengths(points)
    known = [index for index, point in enumerate(points) if not any(math.isnan(value) for value in point)]
    if not known:
        return []
    values = np.array([points[index] for index in known])
    return [
        index
        for index, row in zip(known, values, strict=True)
        if not bool(np.any(np.all(values <= row, axis=1) & np.any(values < row, axis=1)))
    ]


def crowding_distances(points: Sequence[Point]) -> list[float]:
    """How far apart each point's neighbours are, summed over objectives scaled to the points' range.

    The ends of every objective are infinitely far (Deb et al. 2002, section III-B). An objective in which
    all points agree says nothing.
    """
    distances = [0.0] * len(points)
    for values in zip(*points, strict=True):
        order = sorted(range(len(points)), key=values.__getitem__)
        span = values[order[-1]] - values[order[0]]
        if span == 0:
            continue
        distances[order[0]] = distances[order[-1]] = math.inf
        for before, at, after in zip(order, order[1:], order[2:], strict=False):
            distances[at] += (values[after] - values[before]) / span
    return distances


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The volume that the points dominate up to `reference`; a point beyond it in any objective adds nothing.

    Exact: the last objective is cut into slices and each slice is measured in one dimension less (While et
    al. 2006, "A faster algorithm for calculating hypervolume": HSO). n points in d objectives take about
    n^(d - 1) steps, which is nothing for the fronts of a search.

    Raises:
        ValueError: the reference is not finite, a point is -infinity somewhere, or lengths differ.
    """
    _check_lengths([reference, *points])
    if not all(math.isfinite(value) for value in reference):
        raise ValueError(f"the reference point must be finite, got {reference}")
    if any(value == -math.inf for point in points for value in point):
        raise ValueError("a point at -infinity covers everything: give finite objectives")
    return _volume([point for point in points if _is_inside(point, reference)], reference)


def contributions(points: Sequence[Point], reference: Point) -> list[float]:
    """What each point alone covers: the hypervolume that would be lost without it."""
    whole = hypervolume(points, reference)
    kept = set(non_dominated(points))
    return [
        max(whole - hypervolume([*points[:index], *points[index + 1 :]], reference), 0.0)
        if index in kept
        else 0.0
        for index in range(len(points))
    ]


def choose_by_contribution(
    points: Sequence[Point], reference: Point, count: int, start: Sequence[int] = ()
) -> list[int]:
    """`start` and up to `count` in all points of the front, each adding most hypervolume to those before it.

    Greedy choice reaches at least 1 - 1/e of the best possible joint volume (Guerreiro et al. 2016, "Greedy
    hypervolume subset selection in low dimensions", section 2). Ties go to the earlier point. Points that add
    nothing come last.

    Raises:
        ValueError: as `hypervolume` does, or `count` is negative.
    """
    if count < 0:
        raise ValueError(f"how many points to choose must be 0 or more, got {count}")
    chosen = list(start)[:count]
    left = [index for index in non_dominated(points) if index not in chosen]
    while left and len(chosen) < count:
        best = max(left, key=lambda index: _joint(points, [*chosen, index], reference))
        chosen.append(best)
        left.remove(best)
    return chosen


def _joint(points: Sequence[Point], indices: Sequence[int], reference: Point) -> float:
    return hypervolume([points[index] for index in indices], reference)


def _is_inside(point: Point, reference: Point) -> bool:
    return all(value < limit for value, limit in zip(point, reference, strict=True))


def _volume(points: list[Point], reference: Point) -> float:
    """The volume of points that all lie inside the reference."""
    if not points:
        return 0.0
    if len(reference) == 1:
        return reference[0] - min(point[0] for point in points)
    if len(reference) == 2:
        return _area(points, reference)
    ordered = sorted(points, key=lambda point: point[-1])
    ends = [*(point[-1] for point in ordered[1:]), reference[-1]]
    total = 0.0
    for count, (point, end) in enumerate(zip(ordered, ends, strict=True), start=1):
        if end > point[-1]:
            total += (end - point[-1]) * _volume([other[:-1] for other in ordered[:count]], reference[:-1])
    return total


def _area(points: list[Point], reference: Point) -> float:
    """The area under a staircase, summed step by step from the left."""
    area, ceiling = 0.0, reference[1]
    for x, y in sorted(points):
        if y < ceiling:
            area += (reference[0] - x) * (ceiling - y)
            ceiling = y
    return area


def _check_lengths(points: Sequence[Point]) -> None:
    lengths = {len(point) for point in points}
    if len(lengths) > 1:
        raise ValueError(f"points must have one number of objectives, got {sorted(lengths)}")
