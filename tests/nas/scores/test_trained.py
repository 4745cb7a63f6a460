import math
from dataclasses import replace

import pytest
import torch

from nas.data.dataset import Normalization
from nas.networks.weight_bank import WeightBank
from nas.scores import inherited, trained, tuned
from nas.scores.context import ScoringContext
from nas.scores.rule import ScoreOf
from nas.training.batches import TensorImages
from tests.nas.training.lessons import one_network, stream, training_images, validation_images
from tests.nas.training.trained import trained_bank


def context(bank: WeightBank, steps: int) -> ScoringContext:
    return ScoringContext(bank, stream(), validation_images(), steps)


def test_more_training_of_a_candidate_lowers_its_loss():
    few, many = (trained.score(context(WeightBank({}), steps), one_network()) for steps in (5, 80))
    assert many.loss < 0.6 * few.loss
    assert many.accuracy > 0.85


def test_a_candidate_trained_from_random_weights_owes_nothing_to_the_supernet():
    assert trained.score(context(WeightBank({}), 5), one_network()) == trained.score(
        context(trained_bank(), 5), one_network()
    )


def test_a_tuned_candidate_starts_from_the_supernet_and_leaves_it_as_it_was():
    bank = trained_bank()
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    assert (
        tuned.score(context(bank, 5), one_network()).loss
        < trained.score(context(bank, 5), one_network()).loss
    )
    assert all(torch.equal(tensor, before[name]) for name, tensor in bank.state().items())


def test_tuning_changes_the_score_that_is_inherited():
    bank = trained_bank()
    assert tuned.score(context(bank, 20), one_network()) != inherited.score(context(bank, 20), one_network())


@pytest.mark.parametrize("score", [trained.score, tuned.score])
def test_a_candidate_whose_training_blows_up_has_no_loss_but_is_no_error(score: ScoreOf):
    images = training_images()
    broken = TensorImages(images.pixels, images.labels, Normalization(0, math.nan))
    sick = replace(context(trained_bank(), 3), stream=replace(stream(), images=broken))
    assert math.isnan(score(sick, one_network()).loss)
