import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.batch_norm import batch_norm
from nas.networks.batch_norm_loops import BATCH_NORM_EPSILON

SHAPES = [(4, 8, 6, 6), (5, 3, 7, 5), (3, 130, 2, 2), (7, 16, 1, 1), (2, 1, 9, 1), (1, 5, 3, 3)]


def maps(shape: tuple[int, ...], mean: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
    """A map, scales of both signs, and shifts."""
    torch.manual_seed(0)
    y = (mean + torch.randn(shape)).to(memory_format=torch.channels_last)
    return y.requires_grad_(), torch.randn(shape[1]).requires_grad_(), torch.randn(shape[1]).requires_grad_()


def exactly(y: Tensor, scale: Tensor, shift: Tensor, *, relu: bool) -> tuple[Tensor, ...]:
    """The output and a gradient for each input, by torch's own batch norm in double precision."""
    inputs = [tensor.detach().double().requires_grad_() for tensor in (y, scale, shift)]
    z = functional.batch_norm(inputs[0], None, None, *inputs[1:], training=True, eps=BATCH_NORM_EPSILON)
    z = torch.relu(z) if relu else z
    return z, *torch.autograd.grad(z, inputs, upstream(z))


def upstream(z: Tensor) -> Tensor:
    """The same for every type of number."""
    values = torch.linspace(-1.0, 2.0, z.numel(), dtype=torch.float64).view(z.shape)
    return values.to(z.dtype, memory_format=torch.channels_last)


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_torch_s(shape: tuple[int, ...], *, relu: bool):
    inputs = maps(shape)
    z = batch_norm(*inputs, torch.float32, relu=relu)
    expected = exactly(*inputs, relu=relu)
    for ours, theirs in zip((z, *torch.autograd.grad(z, inputs, upstream(z))), expected, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=2e-5)


def test_a_mean_far_from_zero_does_not_cost_the_deviation():
    inputs = maps((8, 4, 5, 5), mean=1000.0)
    torch.testing.assert_close(
        batch_norm(*inputs, torch.float32, relu=False).double(),
        exactly(*inputs, relu=False)[0],
        rtol=0,
        atol=2e-3,
    )


def test_a_map_in_another_order_of_memory_is_the_same_map():
    y, scale, shift = maps((3, 4, 5, 6))
    other = y.detach().contiguous().requires_grad_()
    ours, theirs = (
        batch_norm(other, scale, shift, torch.float32, relu=True),
        batch_norm(y, scale, shift, torch.float32, relu=True),
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    sums = [torch.autograd.grad(z.square().sum(), of)[0] for z, of in ((ours, other), (theirs, y))]
    torch.testing.assert_close(*sums, rtol=0, atol=0)


@pytest.mark.parametrize("relu", [True, False])
def test_what_is_no_number_stays_none(*, relu: bool):
    y, scale, shift = maps((2, 3, 4, 4))
    broken = y.detach().clone(memory_format=torch.preserve_format)
    broken[0, 1, 2, 3] = float("nan")
    z = batch_norm(broken, scale, shift, torch.float32, relu=relu)
    assert torch.isnan(z).any((0, 2, 3)).tolist() == [False, True, False]


def test_a_constant_channel_becomes_its_shift():
    y, scale, shift = torch.full((2, 3, 4, 4), 7.0), torch.ones(3), torch.tensor([1.0, 2.0, -3.0])
    z = batch_norm(y, scale, shift, torch.float32, relu=False)
    torch.testing.assert_close(z, shift[None, :, None, None].expand_as(z), rtol=0, atol=1e-3)


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("before", [torch.float32, torch.bfloat16])
def test_bfloat16_is_computed_in_float32_and_rounded_to_the_nearest(before: torch.dtype, *, relu: bool):
    y, scale, shift = maps((4, 8, 6, 6))
    y = y.detach().to(before).requires_grad_()
    wide = y.detach().float().requires_grad_()
    z = batch_norm(y, scale, shift, torch.bfloat16, relu=relu)
    exact = batch_norm(wide, scale, shift, torch.float32, relu=relu)
    assert torch.equal(z, exact.to(torch.bfloat16))
    upstream_of_z = upstream(z)
    ours = torch.autograd.grad(z, (y, scale, shift), upstream_of_z)
    theirs = torch.autograd.grad(exact, (wide, scale, shift), upstream_of_z.float())
    assert [gradient.dtype for gradient in ours] == [before, torch.float32, torch.float32]
    for mine, its in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, its.to(mine.dtype))
