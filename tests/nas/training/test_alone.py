from dataclasses import replace

import pytest
import torch

from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import Loss, train_alone
from nas.training.evaluate import Score, evaluate
from nas.training.recipe import RECIPE, Recipe
from nas.training.supernet import recalibration_batches
from tests.nas.training.lessons import one_network, stream, training_images, validation_images
from tests.nas.training.trained import trained_bank


def trained(loss: Loss, steps: int = 60) -> Score:
    bank = WeightBank.initialized([one_network()], 0)
    assert train_alone(one_network(), bank, stream(), Allowance(steps=steps), loss) == steps
    network = fold(one_network(), bank, recalibration_batches(training_images(), (8, 8)))
    return evaluate(network, validation_images(), (8, 8))


def test_averaged_weights_are_others_and_have_learnt_too():
    plain, averaged = (trained(Loss(replace(RECIPE, average=decay)), 120) for decay in (0.0, 0.9))
    assert plain != averaged
    assert averaged.accuracy > 0.8


def test_a_teacher_that_knows_better_than_wrong_labels_is_followed():
    knows = fold(one_network(), trained_bank(), recalibration_batches(training_images(), (8, 8)))
    images, labels = stream().batch(0, (8, 8))
    mute, heard = (Loss(Recipe(teacher_weight=weight, label_smoothing=0.0), knows) for weight in (0.0, 1.0))
    right, wrong = knows(images), torch.nn.functional.one_hot((labels + 1) % 10, 10) * 9.0
    assert heard(right, images, labels) < heard(wrong, images, labels)
    assert mute(wrong, images, (labels + 1) % 10) < mute(right, images, (labels + 1) % 10)


def test_a_teacher_of_equal_odds_at_full_weight_teaches_nothing():
    ignorant = Loss(Recipe(teacher_weight=1.0), lambda images: torch.zeros(len(images), 10))
    assert trained(ignorant).accuracy < 0.4


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
