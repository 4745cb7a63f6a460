"""Fronts of points whose every objective is minimised: who is dominated, and how much a front covers.

Points are compared as they are: an objective that matters on another scale is to be rescaled by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import le

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

    Exact (While et al. 2012, "A fast way of calculating exact hypervolumes", section III: WFG).

    Raises:
        ValueError: the reference is not finite, a point is -infinity somewhere, or lengths differ.
    """
    _check_volume(points, reference)
    return _volume(_front([point for point in points if _is_inside(point, reference)]), reference)


def running_hypervolume(points: Sequence[Point], reference: Point) -> list[float]:
    """The hypervolume of the first point, of the first two, and so on up to that of all.

    Raises:
        ValueError: as `hypervolume` does.
    """
    _check_volume(points, reference)
    covered, front, found = 0.0, list[Point](), list[float]()
    for point in points:
        if _is_inside(point, reference):
            covered += _own_volume(point, front, reference)
            front = _front([*front, point])
        found.append(covered)
    return found


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


def _volume(front: Sequence[Point], reference: Point) -> float:
    """The volume of points that all lie inside the reference, none dominated by another."""
    if not front:
        return 0.0
    if len(reference) == 1:
        return reference[0] - front[0][0]
    if len(reference) == 2:
        return _area(front, reference)
    # What is worst in the last objective first: limited by it, the others are dominated the sooner.
    ordered = sorted(front, key=lambda point: point[-1], reverse=True)
    return sum(_own_volume(point, ordered[place + 1 :], reference) for place, point in enumerate(ordered))


def _own_volume(point: Point, others: Sequence[Point], reference: Point) -> float:
    """What a point covers and the others do not."""
    box = math.prod(limit - value for value, limit in zip(point, reference, strict=True))
    limited = [tuple(map(max, point, other)) for other in others]
    return box - _volume(_front(limited), reference)


def _front(points: Sequence[Point]) -> list[Point]:
    """The points that no other is as good as everywhere, of equal ones one: of tens, quicker than numpy."""
    kept: list[Point] = []
    for point in sorted(points):  # none is dominated by one behind it
        if not any(all(map(le, other, point)) for other in kept):
            kept.append(point)
    return kept


def _area(points: Sequence[Point], reference: Point) -> float:
    """The area under a staircase, summed step by step from the left."""
    area, ceiling = 0.0, reference[1]
    for x, y in sorted(points):
        if y < ceiling:
            area += (reference[0] - x) * (ceiling - y)
            ceiling = y
    return area


def _check_volume(points: Sequence[Point], reference: Point) -> None:
    _check_lengths([reference, *points])
    if not all(math.isfinite(value) for value in reference):
        raise ValueError(f"the reference point must be finite, got {reference}")
    if any(value == -math.inf for point in points for value in point):
        raise ValueError("a point at -infinity covers everything: give finite objectives")


def _check_lengths(points: Sequence[Point]) -> None:
    lengths = {len(point) for point in points}
    if len(lengths) > 1:
        raise ValueError(f"points must have one number of objectives, got {sorted(lengths)}")
