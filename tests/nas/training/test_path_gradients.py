import multiprocessing
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.path_gradients import SupernetPath, open_gradients, shared_out
from search_spaces.graph import Graph
from search_spaces.lowering import lower
from tests.nas.training.lessons import small_space, stream


def sample(seed: int) -> Graph:
    space = small_space()
    return lower(space, space.sample(random.Random(seed)))


def bank() -> WeightBank:
    return WeightBank.initialized([sample(seed) for seed in range(3)], 0)


def paths() -> list[SupernetPath]:
    teacher = torch.full((64, 10), 0.1)
    return [SupernetPath(sample(0), 4), SupernetPath(sample(1), 5, teacher), SupernetPath(sample(2), 4)]


def test_gradients_of_several_paths_are_those_of_the_sum_of_their_losses():
    ours, theirs = bank(), bank()
    with open_gradients(ours, stream(), 1) as gradients:
        results = gradients.add(paths())
    losses = []
    for path in paths():
        images, labels = stream().batch(path.batch, (8, 8))
        logits = run_graph(path.graph, images, BatchNormed(theirs))
        target = labels if path.teacher is None else path.teacher
        smoothing = 0.05 if path.teacher is None else 0.0
        losses.append(functional.cross_entropy(logits, target, label_smoothing=smoothing))
        torch.testing.assert_close(results[len(losses) - 1].probabilities, logits.detach().softmax(1))
    torch.stack(losses).sum().backward()
    assert [result.loss for result in results] == pytest.approx([loss.item() for loss in losses])
    for our, their in zip(ours.tensors(), theirs.tensors(), strict=True):
        assert (our.grad is None) == (their.grad is None)
        if our.grad is not None:
            torch.testing.assert_close(our.grad, their.grad, rtol=1e-4, atol=1e-6)


def test_a_second_process_gives_the_gradients_of_the_first_alone_and_is_gone_afterwards():
    alone, shared = bank(), bank()
    with open_gradients(alone, stream(), 1) as gradients:
        expected = gradients.add(paths())
    with open_gradients(shared, stream(), 2) as gradients:
        results = gradients.add(paths())
        assert len(multiprocessing.active_children()) == 1
        assert torch.get_num_threads() == 1
        for one, other in zip(results, expected, strict=True):
            assert one.loss == pytest.approx(other.loss, rel=1e-5)
            torch.testing.assert_close(one.probabilities, other.probabilities)
        for one, other in zip(shared.tensors(), alone.tensors(), strict=True):
            assert (one.grad is None) == (other.grad is None)
            if one.grad is not None:
                torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-6)
        # The helper reads the weights as they are now, and begins its sums anew.
        with torch.no_grad():
            for tensor in shared.tensors():
                tensor.mul_(0.5)
                tensor.grad = None
        halved = gradients.add(paths())
        assert all(one.loss != other.loss for one, other in zip(halved, results, strict=True))
        (helper,) = multiprocessing.active_children()
        helper.kill()
        helper.join()
        with pytest.raises(ChildProcessError, match="a process that trains the supernet has died"):
            gradients.add(paths())
    assert multiprocessing.active_children() == []


@given(st.lists(st.floats(0.1, 100), max_size=12), st.integers(1, 5))
def test_paths_are_dealt_out_each_to_one_process_and_none_waits_for_more_than_one_path(
    costs: list[float], shares: int
):
    given_out = shared_out(costs, shares)
    assert len(given_out) == shares
    assert sorted(index for share in given_out for index in share) == list(range(len(costs)))
    loads = [sum(costs[index] for index in share) for share in given_out]
    assert max(loads) - min(loads) <= max(costs, default=0.0) + 1e-9
