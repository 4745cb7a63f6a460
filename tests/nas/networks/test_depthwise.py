import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.depthwise import depthwise_conv
from search_spaces.graph import Pair

CASES = [
    ((3, 3), (1, 1), (1, 1)),
    ((3, 3), (2, 2), (0, 0)),
    ((5, 5), (1, 1), (2, 2)),
    ((5, 5), (2, 2), (0, 0)),
    ((7, 1), (1, 1), (3, 0)),
    ((1, 15), (2, 1), (0, 7)),
    ((7, 7), (2, 3), (3, 3)),
]


def inputs(kernel: Pair, kind: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    x = torch.randn(3, 6, 9, 8, dtype=torch.float64).to(kind, memory_format=torch.channels_last)
    weight, bias = torch.randn(6, 1, *kernel, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    wide = torch.float64 if kind is torch.float64 else torch.float32
    return x.requires_grad_(), weight.to(wide).requires_grad_(), bias.to(wide).requires_grad_()


@pytest.mark.parametrize(("kernel", "stride", "padding"), CASES)
def test_values_and_gradients_are_torch_s(kernel: Pair, stride: Pair, padding: Pair):
    given = inputs(kernel, torch.float64)
    ours = depthwise_conv(*given, stride, padding)
    theirs = functional.conv2d(*given, stride, padding, groups=6)
    upstream = torch.randn(ours.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours, theirs)
    for mine, its in zip(
        torch.autograd.grad(ours, given, upstream), torch.autograd.grad(theirs, given, upstream), strict=True
    ):
        torch.testing.assert_close(mine, its, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("kernel", "stride", "padding"), CASES)
def test_maps_of_bfloat16_give_what_their_values_do_in_float32(kernel: Pair, stride: Pair, padding: Pair):
    x, weight, _ = inputs(kernel, torch.bfloat16)
    ours = depthwise_conv(x, weight, None, stride, padding)
    theirs = functional.conv2d(x.float(), weight, None, stride, padding, groups=6)
    torch.testing.assert_close(ours.float(), theirs, rtol=2e-2, atol=2e-2)
    mine, its = (torch.autograd.grad(y.float().square().sum(), (x, weight)) for y in (ours, theirs))
    assert mine[0].dtype is torch.bfloat16
    assert mine[1].dtype is torch.float32
    for gradient, exact in zip(mine, its, strict=True):
        assert (gradient.float() - exact.float()).norm() < 0.02 * exact.float().norm()


def test_weights_that_are_not_trained_get_no_gradient():
    x, weight, _ = inputs((5, 5), torch.float64)
    frozen = weight.detach()
    (of_x,) = torch.autograd.grad(depthwise_conv(x, frozen, None, (1, 1), (2, 2)).sum(), x)
    assert of_x.shape == x.shape
