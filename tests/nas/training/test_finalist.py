import math
from dataclasses import replace

import pytest
import torch

from nas.data.dataset import Normalization
from nas.networks.fake_quantized import quantize
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import Loss
from nas.training.batches import TensorImages
from nas.training.divergence import TrainingDiverged
from nas.training.evaluate import evaluate
from nas.training.finalist import FinalistContext, TrainedFinalist, train_finalist
from nas.training.recipe import Recipe
from tests.nas.training.lessons import one_network, stream, training_images, validation_images
from tests.nas.training.trained import trained_bank


def context(bank: WeightBank | None = None) -> FinalistContext:
    bank = bank or WeightBank.initialized([one_network()], 0)
    return FinalistContext(bank, stream(), validation_images())


def weights_of(finalist: TrainedFinalist) -> list[torch.Tensor]:
    return finalist.network.folded.parameters()


def test_a_finalist_learns_and_its_int8_score_is_close_to_that_in_float():
    finalist = train_finalist(context(), one_network(), Allowance(steps=200))
    assert finalist.float_score.accuracy > 0.9
    assert abs(finalist.int8_score.accuracy - finalist.float_score.accuracy) <= 0.03
    assert finalist.steps == 200
    again = evaluate(finalist.network, validation_images(), (8, 8))
    assert again == finalist.int8_score


def test_a_finalist_starts_from_what_the_bank_knows():
    fresh, inherited = (
        train_finalist(context(bank), one_network(), Allowance(steps=5)) for bank in (None, trained_bank())
    )
    assert inherited.int8_score.loss < 0.5 * fresh.int8_score.loss


def test_training_a_finalist_leaves_the_bank_as_it_was():
    bank = WeightBank.initialized([one_network()], 0)
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    train_finalist(context(bank), one_network(), Allowance(steps=3))
    assert all(torch.equal(tensor, before[name]) for name, tensor in bank.state().items())


def test_two_finalists_with_one_seed_are_equal_to_the_bit():
    one, two = (train_finalist(context(), one_network(), Allowance(steps=12)) for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(weights_of(one), weights_of(two), strict=True))
    first, second = quantize(one.network), quantize(two.network)
    assert first.activations == second.activations
    assert all((first.weights[name].codes == second.weights[name].codes).all() for name in first.weights)
    assert (one.int8_score, one.float_score, one.steps) == (two.int8_score, two.float_score, two.steps)


@pytest.mark.parametrize("steps", [1, 2, 7, 20])
def test_a_finalist_takes_just_the_steps_it_is_allowed(steps: int):
    assert train_finalist(context(), one_network(), Allowance(steps=steps)).steps == steps


def test_tuning_is_kept_only_where_it_does_not_raise_the_loss():
    # At a rate at which tuning destroys what was learnt, the network from before it is handed back.
    wild = replace(context(trained_bank()), loss=Loss(Recipe(tuning_rate=30.0)))
    finalist = train_finalist(wild, one_network(), Allowance(steps=40))
    assert finalist.int8_score.accuracy > 0.85
    assert finalist.int8_score.loss < 1.0


def test_a_finalist_s_seconds_are_kept():
    finalist = train_finalist(context(), one_network(), Allowance(seconds=0.5))
    assert finalist.steps > 5
    assert finalist.seconds < 2.5


def test_the_network_handed_back_can_be_sent_to_another_process_without_its_gradients():
    for tensor in weights_of(train_finalist(context(), one_network(), Allowance(steps=3))):
        assert not tensor.requires_grad
        assert tensor.grad is None


def test_without_a_bank_a_finalist_begins_with_random_weights_of_the_seed():
    alone, fresh = (
        train_finalist(
            FinalistContext(bank, stream(), validation_images()), one_network(), Allowance(steps=5)
        )
        for bank in (None, WeightBank.initialized([one_network()], stream().seed))
    )
    assert alone.int8_score == fresh.int8_score


def test_a_loss_that_is_no_number_ends_the_training_in_one_sentence():
    images = training_images()
    broken = TensorImages(images.pixels, images.labels, Normalization(0, math.nan))
    sick = replace(context(), stream=replace(stream(), images=broken))
    with pytest.raises(TrainingDiverged, match="training must keep a finite loss, but it is nan"):
        train_finalist(sick, one_network(), Allowance(steps=3))
