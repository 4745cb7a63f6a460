from dataclasses import replace

import pytest
import torch

from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import Loss, train_alone
from nas.training.evaluate import Score, evaluate
from nas.training.recalibration import recalibration_batches
from nas.training.recipe import RECIPE, Recipe
from tests.nas.training.lessons import one_network, stream, training_images, validation_images


def trained(loss: Loss, steps: int = 60) -> Score:
    bank = WeightBank.initialized([one_network()], 0)
    assert train_alone(one_network(), bank, stream(), Allowance(steps=steps), loss) == steps
    network = fold(one_network(), bank, recalibration_batches(training_images(), (8, 8)))
    return evaluate(network, validation_images(), (8, 8))


def test_averaged_weights_are_others_and_have_learnt_too():
    plain, averaged = (trained(Loss(replace(RECIPE, average=decay)), 120) for decay in (0.0, 0.9))
    assert plain != averaged
    assert averaged.accuracy > 0.8


def test_numbers_are_smoothed_and_probabilities_are_not():
    logits, loss = torch.randn(6, 4), Loss(Recipe(label_smoothing=0.2, temperature=1.0))
    numbers = torch.tensor([0, 1, 2, 3, 0, 1])
    smoothed = 0.8 * torch.nn.functional.one_hot(numbers, 4) + 0.2 / 4
    torch.testing.assert_close(loss(logits, numbers), loss(logits, smoothed))
    torch.testing.assert_close(loss(logits, smoothed), torch.nn.functional.cross_entropy(logits, smoothed))


def test_who_says_what_the_teacher_says_learns_nothing_at_any_temperature():
    logits = torch.randn(5, 4).double().requires_grad_()
    for temperature in (1.0, 2.0, 5.0):
        loss = Loss(Recipe(temperature=temperature))
        (gradient,) = torch.autograd.grad(loss(logits, logits.detach().softmax(1)), logits)
        torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-6, rtol=0)
        (gradient,) = torch.autograd.grad(loss(logits, (-logits.detach()).softmax(1)), logits)
        assert gradient.abs().max() > 0.01


def test_every_step_is_seen():
    seen: list[int] = []
    bank = WeightBank.initialized([one_network()], 0)
    train_alone(one_network(), bank, stream(), Allowance(steps=4), watch=seen.append)
    assert seen == [1, 2, 3, 4]


def test_weight_decay_is_the_recipe_s():
    def norm(decay: float) -> float:
        bank = WeightBank.initialized([one_network()], 0)
        train_alone(one_network(), bank, stream(), Allowance(steps=40), Loss(Recipe(weight_decay=decay)))
        return sum(tensor.norm().item() for tensor in bank.decayed())

    assert norm(0.05) == pytest.approx(norm(0.05))
    assert norm(0.05) < 0.9 * norm(0.0)
