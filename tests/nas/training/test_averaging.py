import pytest
import torch

from nas.training.averaging import WeightAverage


def test_an_average_of_weights_that_stand_still_is_those_weights():
    tensor = torch.full((3,), 2.0, requires_grad=True)
    average = WeightAverage([tensor], 0.9)
    for _ in range(5):
        average.update()
    average.apply()
    torch.testing.assert_close(tensor.detach(), torch.full((3,), 2.0))


def test_the_last_steps_weigh_most_and_the_first_are_forgotten():
    tensor = torch.zeros(1, requires_grad=True)
    average = WeightAverage([tensor], 0.9)
    for value in range(1, 101):
        tensor.data.fill_(float(value))
        average.update()
    average.apply()
    # With decay d the average of a ramp lags d / (1 - d) = 9 steps behind.
    assert tensor.item() == pytest.approx(100 - 9, abs=0.5)


def test_averaging_leaves_the_weights_alone_until_it_is_applied():
    tensor = torch.zeros(2, requires_grad=True)
    average = WeightAverage([tensor], 0.5)
    tensor.data.fill_(1.0)
    average.update()
    assert tensor.detach().tolist() == [1.0, 1.0]
    average.apply()
    assert 0.0 < tensor[0].item() < 1.0
    assert tensor.requires_grad
