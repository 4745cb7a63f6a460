import math

import pytest
import torch

from nas.networks.weight_bank import Slot, WeightBank
from nas.scores.context import ScoringContext
from nas.scores.inherited import score
from tests.nas.training.lessons import one_network, stream, validation_images
from tests.nas.training.trained import trained_bank


def test_weights_that_have_learnt_score_better_than_fresh_ones():
    learnt, fresh = (
        score(ScoringContext(bank, stream(), validation_images()), one_network())
        for bank in (trained_bank(), WeightBank.initialized([one_network()], 0))
    )
    assert learnt.accuracy > 0.9
    assert learnt.loss < 0.5
    assert fresh.accuracy < 0.5
    assert fresh.loss > 1.5


def test_a_score_is_the_same_every_time_and_leaves_the_bank_as_it_was():
    bank = trained_bank()
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    context = ScoringContext(bank, stream(), validation_images())
    assert score(context, one_network()) == score(context, one_network())
    assert all(torch.equal(tensor, before[name]) for name, tensor in bank.state().items())


@pytest.mark.parametrize("factor", [math.inf, math.nan, 1e38])
def test_a_network_that_blew_up_has_no_loss_but_is_no_error(factor: float):
    slots = dict(trained_bank().slots)
    head = slots["head"]
    slots["head"] = Slot(head.weight * factor, head.scale, head.shift)
    context = ScoringContext(WeightBank(slots), stream(), validation_images())
    assert math.isnan(score(context, one_network()).loss)
