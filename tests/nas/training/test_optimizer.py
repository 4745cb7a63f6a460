import pytest
import torch

from nas.training.optimizer import set_learning_rate, sgd


def stepped(weight: float, gradients: list[float], *, decayed: bool) -> list[float]:
    tensor = torch.tensor([weight], requires_grad=True)
    optimizer = sgd([tensor], []) if decayed else sgd([], [tensor])
    seen = []
    for gradient in gradients:
        set_learning_rate(optimizer, 0.1)
        tensor.grad = torch.tensor([gradient])
        optimizer.step()
        seen.append(tensor.item())
    return seen


def test_steps_follow_nesterov_s_momentum():
    # g = 1: momentum 1, step 1 + 0.9 * 1 = 1.9. g = 2: momentum 0.9 + 2 = 2.9, step 2 + 0.9 * 2.9 = 4.61.
    assert stepped(5.0, [1.0, 2.0], decayed=False) == pytest.approx([5 - 0.19, 5 - 0.19 - 0.461])


def test_weight_decay_pulls_on_weights_and_on_nothing_else():
    # Decay 5e-4 * 5 = 0.0025 is a gradient like any other: 0.1 * 1.9 * 0.0025.
    assert stepped(5.0, [0.0], decayed=True) == pytest.approx([5 - 0.1 * 1.9 * 0.0025], abs=1e-7)
    assert stepped(5.0, [0.0], decayed=False) == [5.0]


def test_a_tensor_without_a_gradient_does_not_move_even_by_its_momentum():
    moving, resting = (torch.ones(2, requires_grad=True) for _ in range(2))
    optimizer = sgd([moving, resting], [])
    set_learning_rate(optimizer, 0.1)
    for tensor in (moving, resting):
        tensor.grad = torch.ones(2)
    optimizer.step()
    before = resting.detach().clone()
    moved = moving.detach().clone()
    optimizer.zero_grad(set_to_none=True)
    moving.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(resting, before)
    assert not torch.equal(moving, moved)


def test_the_learning_rate_is_set_for_weights_and_all_else():
    optimizer = sgd([torch.ones(1, requires_grad=True)], [torch.ones(1, requires_grad=True)])
    set_learning_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
