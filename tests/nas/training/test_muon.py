from dataclasses import replace

import pytest
import torch
from torch import Tensor

from nas.training.muon import MuonAndSgd
from nas.training.optimizer import set_learning_rate, sgd
from nas.training.recipe import RECIPE

HERE = replace(RECIPE, muon_rate=0.1, muon_momentum=0.0, muon_decay=0.0, peak_rate=0.3, weight_decay=0.0)


def tensor(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def moved(tensors: list[Tensor], recipe=HERE, part: float = 1.0, steps: int = 1) -> list[Tensor]:
    """What each tensor has moved by along gradients that are drawn once."""
    before = [tensor.detach().clone() for tensor in tensors]
    optimizer = MuonAndSgd(tensors, [], recipe)
    generator = torch.Generator().manual_seed(1)
    gradients = [torch.randn(tensor.shape, generator=generator) for tensor in tensors]
    for _ in range(steps):
        optimizer.zero_grad()
        for one, gradient in zip(tensors, gradients, strict=True):
            one.grad = gradient.clone()
        optimizer.set_part(part)
        optimizer.step()
    return [one.detach() - old for one, old in zip(tensors, before, strict=True)]


@pytest.mark.parametrize("shape", [(8, 6, 1, 1), (6, 3, 3, 3), (4, 8, 5, 1)])
def test_a_matrix_moves_equally_far_in_all_directions(shape: tuple[int, ...]):
    (step,) = moved([tensor(*shape)])
    matrix = step.flatten(1)
    adam = 0.1 * 0.2 * max(matrix.shape) ** 0.5
    # Newton-Schulz leaves singular values between about 0.7 and 1.2.
    singular = torch.linalg.svdvals(matrix) / adam
    assert singular.min() > 0.5
    assert singular.max() < 1.3


def test_half_the_part_is_half_the_step():
    (whole,), (half,) = moved([tensor(8, 6, 1, 1)]), moved([tensor(8, 6, 1, 1)], part=0.5)
    torch.testing.assert_close(half, whole / 2, rtol=1e-4, atol=1e-6)


def test_a_step_goes_down_the_gradient():
    (step,) = moved([tensor(8, 6, 1, 1)])
    gradient = torch.randn((8, 6, 1, 1), generator=torch.Generator().manual_seed(1))
    assert (step * gradient).sum() < 0


def test_weights_are_pulled_to_zero_by_their_decay():
    (plain,) = moved([tensor(8, 6, 1, 1)])
    (decayed,) = moved([tensor(8, 6, 1, 1)], replace(HERE, muon_decay=0.5))
    torch.testing.assert_close(
        decayed - plain, -0.1 * 0.5 * tensor(8, 6, 1, 1).detach(), rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("shape", [(8, 1, 3, 3), (10, 8), (8,)])
def test_what_is_no_matrix_of_channels_moves_by_sgd(shape: tuple[int, ...]):
    (ours,) = moved([tensor(*shape)], steps=3)
    theirs = tensor(*shape)
    optimizer = sgd([theirs], [], 0.0)
    set_learning_rate(optimizer, 0.3)
    gradient = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    for _ in range(3):
        theirs.grad = gradient.clone()
        optimizer.step()
    torch.testing.assert_close(ours, theirs.detach() - tensor(*shape).detach())


def test_without_a_rate_of_its_own_everything_moves_by_sgd():
    recipe = replace(HERE, muon_rate=0.0)
    (step,) = moved([tensor(8, 6, 1, 1)], recipe)
    gradient = torch.randn((8, 6, 1, 1), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(step, -0.3 * 1.9 * gradient)


def test_what_has_no_gradient_rests():
    resting, moving = tensor(8, 6, 1, 1), tensor(4, 6, 1, 1)
    optimizer = MuonAndSgd([resting, moving], [], HERE)
    optimizer.set_part(1.0)
    moving.grad = torch.ones_like(moving)
    optimizer.step()
    assert torch.equal(resting, tensor(8, 6, 1, 1))
    assert not torch.equal(moving, tensor(4, 6, 1, 1))
