import multiprocessing
import os
from collections.abc import Iterator

import pytest
import torch

from nas.parallel.workers import (
    BadWorkers,
    InlineWorkers,
    Workers,
    check_workers,
    open_workers,
    parallel_count,
    ray_address,
)
from tests.nas.parallel.jobs import killed, pairs, process_and_threads, refused, rounds, scaled

EXPECTED = [[(2.5 * item, [2.5 * item] * 6) for item in range(count)] for count in (7, 3)]


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    before = multiprocessing.active_children()
    with pytest.MonkeyPatch.context() as patch, open_workers("2", 2.5) as workers:
        # The processes, which start with the first item, find no limit on their threads but our own.
        patch.delenv("OMP_NUM_THREADS", raising=False)
        yield workers
        assert len(multiprocessing.active_children()) == len(before) + 2
    assert multiprocessing.active_children() == before


def test_inline_workers_give_results_in_the_items_order():
    with open_workers("inline", 2.5) as workers:
        assert rounds(workers) == EXPECTED
        assert workers.count == 1


def test_processes_give_the_same_results_in_the_same_order(two: Workers):
    assert rounds(two) == EXPECTED
    assert two.count == 2


def test_the_work_is_done_by_as_many_other_processes_as_asked_for_on_one_thread_each(two: Workers):
    done = list(two.map(process_and_threads, range(12)))
    processes = {process for process, _ in done}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert {threads for _, threads in done} == {1}


PAIRS = [(item, 2.5 * item) for item in range(7)]


def test_results_come_as_they_are_done_with_the_places_of_their_items(two: Workers):
    places = [
        place for place, _ in two.as_done(scaled, [0, 9, 9, 9])
    ]  # the first takes 0.06 s, the others none
    assert sorted(places) == [0, 1, 2, 3]
    assert places[0] != 0
    assert pairs(two) == PAIRS
    with open_workers("inline", 2.5) as inline:
        assert pairs(inline) == PAIRS


def test_inline_work_is_done_on_one_thread_and_no_other_is():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with open_workers("1", None) as workers:
            assert [threads for _, threads in workers.map(process_and_threads, range(2))] == [1, 1]
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_error_in_a_process_is_raised_here_after_the_results_before_it(two: Workers):
    results = two.map(refused, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="item 2 cannot be done: give another"):
        next(results)
    assert rounds(two) == EXPECTED


def test_an_error_inline_is_raised_as_it_is():
    with open_workers("1", None) as workers, pytest.raises(ValueError, match="item 2 cannot be done"):
        list(workers.map(refused, range(5)))


@pytest.mark.slow
def test_no_process_outlives_its_pool_be_it_after_success_or_failure():
    before = {process.pid for process in multiprocessing.active_children()}
    with open_workers("2", 2.5) as workers:
        done = {process for process, _ in workers.map(process_and_threads, range(4))}
        assert {process.pid for process in multiprocessing.active_children()} - before >= done
    assert {process.pid for process in multiprocessing.active_children()} == before
    pool = open_workers("2", 2.5)
    with pytest.raises(ValueError, match="item 2"), pool as workers:
        list(workers.map(refused, range(5)))
    assert {process.pid for process in multiprocessing.active_children()} == before


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_the_work_in_one_sentence_and_the_other_workers():
    before = {process.pid for process in multiprocessing.active_children()}
    pool = open_workers("2", None)
    with pytest.raises(ChildProcessError, match="a worker process has died"), pool as workers:
        list(workers.map(killed, range(5)))
    assert {process.pid for process in multiprocessing.active_children()} == before


def test_a_pool_that_is_never_used_ends_as_well():
    with open_workers("2", torch.zeros(3)) as workers:
        assert workers.count == 2


@pytest.mark.parametrize(
    "spec", ["auto", "inline", "1", "12", "ray", "ray:10.0.0.7:6379", "ray://head:10001"]
)
def test_workers_that_can_be_had_are_let_pass(spec: str):
    check_workers(spec)


@pytest.mark.parametrize(
    "spec", ["", "0", "-1", "2.5", "many", "Inline", "ray:", "ray:head", "rays", "ray:/x:1"]
)
def test_other_workers_are_refused_with_what_there_is(spec: str):
    with pytest.raises(BadWorkers, match=r'must be "auto", "inline", a number of processes, "ray", .*, got '):
        check_workers(spec)
    with pytest.raises(BadWorkers, match=f"got {spec!r}"):
        open_workers(spec, None)


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ("ray", None),
        ("ray:head:6379", "head:6379"),
        ("ray://head:10001", "ray://head:10001"),
        ("ray:ray://head:10001", "ray://head:10001"),
    ],
)
def test_ray_is_told_the_address_of_its_cluster(spec: str, address: str | None):
    assert ray_address(spec) == address


def test_one_process_is_this_one():
    assert isinstance(open_workers("1", None), InlineWorkers)
    assert [parallel_count(spec) for spec in ("inline", "1", "3")] == [1, 1, 3]


def test_auto_is_one_worker_for_every_core_that_this_process_may_use():
    assert parallel_count("auto") == len(os.sched_getaffinity(0))
