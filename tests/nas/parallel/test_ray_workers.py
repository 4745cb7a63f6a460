import socket
from collections.abc import Iterator

import pytest

from nas.parallel.workers import BadWorkers, open_workers
from tests.nas.parallel.jobs import killed, pairs, process_and_threads, refused, rounds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of two CPUs that was there before."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.parametrize("form", ["ray:127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_a_cluster_that_does_not_answer_is_named_in_one_sentence(form: str):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        spec = form.format(free.getsockname()[1])
    workers = open_workers(spec, None)
    with pytest.raises(BadWorkers, match=r"need a cluster at .*127\.0\.0\.1:\d+, but .*refused"), workers:
        pass


def test_a_cluster_of_our_own_gives_what_inline_workers_give_and_ends_with_the_work():
    import ray

    with open_workers("ray", 2.5) as workers, open_workers("inline", 2.5) as inline:
        assert ray.is_initialized()
        assert workers.count >= 1
        assert rounds(workers) == rounds(inline)
        assert pairs(workers) == pairs(inline)
    assert not ray.is_initialized()


@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_is_there_is_used_time_and_again_and_left_as_it_was():
    import ray

    for context in (2.0, 3.0):
        with open_workers("ray", context) as workers:
            assert workers.count == 2
            assert rounds(workers)[1] == [(item * context, [item * context] * 6) for item in range(3)]
        assert ray.is_initialized()


@pytest.mark.usefixtures("cluster")
def test_the_work_is_done_in_as_many_processes_as_there_are_cpus_on_one_thread_each():
    with open_workers("ray", None) as workers:
        done = list(workers.map(process_and_threads, range(12)))
    assert len({process for process, _ in done}) == 2
    assert {threads for _, threads in done} == {1}


@pytest.mark.usefixtures("cluster")
def test_an_error_in_the_cluster_is_raised_here_as_it_was_there():
    with open_workers("ray", 2.5) as workers:
        results = workers.map(refused, range(5))
        assert [next(results), next(results)] == [0, 1]
        with pytest.raises(ValueError, match=r"^item 2 cannot be done: give another$"):
            next(results)
        assert len(rounds(workers)) == 2


@pytest.mark.usefixtures("cluster")
def test_a_worker_of_the_cluster_that_is_killed_ends_the_work_in_one_sentence():
    pool = open_workers("ray", None)
    with pytest.raises(ChildProcessError, match="a Ray worker has died"), pool as workers:
        list(workers.map(killed, range(5)))


@pytest.mark.usefixtures("cluster")
def test_a_cluster_whose_cpus_are_all_taken_is_not_waited_for_without_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nas.parallel.ray_workers.PATIENCE_SECONDS", 1.0)
    with open_workers("ray", None) as first:
        assert len(list(first.map(process_and_threads, range(2)))) == 2
        second = open_workers("ray", None)
        with pytest.raises(BadWorkers, match="need a free CPU, but all 2 of the cluster are taken"), second:
            pass
