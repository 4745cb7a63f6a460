import pytest
import torch
from torch import Tensor

from nas.networks.add_relu import add_relu

KINDS = [torch.float32, torch.bfloat16, torch.float64]


def two_maps(kind: torch.dtype) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    maps = torch.randn(2, 3, 5, 4, 7).to(kind)
    maps[0, 0, 0, 0, :3] = maps[1, 0, 0, 0, :3] = 0.0
    first, second = (one.to(memory_format=torch.channels_last).requires_grad_() for one in maps)
    return first, second


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_torch_s_to_the_bit(kind: torch.dtype):
    a, b = two_maps(kind)
    ours, theirs = add_relu(a, b), torch.relu(a + b)
    assert ours.dtype == kind
    assert ours.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(ours, theirs)
    upstream = torch.randn_like(theirs)
    for mine, other in zip(
        torch.autograd.grad(ours, (a, b), upstream),
        torch.autograd.grad(theirs, (a, b), upstream),
        strict=True,
    ):
        assert torch.equal(mine, other)


def test_a_map_that_is_added_to_itself_gets_both_gradients():
    a, _ = two_maps(torch.float32)
    (ours,) = torch.autograd.grad(add_relu(a, a).sum(), a)
    (theirs,) = torch.autograd.grad(torch.relu(a + a).sum(), a)
    assert torch.equal(ours, theirs)


def test_maps_in_another_order_of_memory_are_the_same_maps():
    a, b = two_maps(torch.float32)
    assert torch.equal(add_relu(a.contiguous(), b), add_relu(a, b))
    (gradient,) = torch.autograd.grad(add_relu(a, b), a, torch.ones(3, 5, 4, 7))
    assert torch.equal(gradient, (a + b > 0).float())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_number_stays_none_and_what_is_endless_below_is_nothing(kind: torch.dtype):
    a, b = (one.detach() for one in two_maps(kind))
    a[0, 0, 0, 0], a[0, 0, 0, 1] = float("nan"), float("-inf")
    found = add_relu(a, b)[0, 0, 0]
    assert found[0].isnan()
    assert found[1] == 0.0
