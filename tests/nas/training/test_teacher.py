import math
from dataclasses import replace

import pytest
import torch

from nas.training.allowance import Allowance
from nas.training.batches import Augmentation
from nas.training.finalist import FinalistContext, train_finalist
from nas.training.soft_labels import SoftLabels
from nas.training.teacher import Teacher, soft_labels_of_view, train_teacher
from search_spaces.widened import widened
from tests.nas.training.lessons import one_network, stream, training_images, validation_images

WOBBLE = Augmentation((1, 1), flip=False)


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    wide = widened(one_network(), 2)
    found = train_teacher(stream(augmentation=WOBBLE), validation_images(), wide, Allowance(steps=150))
    assert found is not None
    return found


def test_a_teacher_is_trained_and_scored(teacher: Teacher):
    assert teacher.steps == 150
    assert teacher.score.accuracy > 0.9
    assert teacher.seconds > 0


def test_a_teacher_that_blows_up_is_none():
    infinite = replace(training_images().normalization, deviation_bytes=0.0)
    batches = replace(stream(), images=replace(training_images(), normalization=infinite))
    assert train_teacher(batches, validation_images(), one_network(), Allowance(steps=3)) is None


def test_what_teachers_say_of_a_view_is_the_mean_of_their_logarithms(teacher: Teacher):
    batches = stream(augmentation=WOBBLE)
    other = train_teacher(stream(seed=1), validation_images(), one_network(), Allowance(steps=20))
    assert other is not None
    networks = [teacher.network, other.network]
    said = soft_labels_of_view(batches, networks, view=3, seed=8)
    assert said.shape == (len(batches.images), 10)
    assert said.dtype == torch.float16
    some = torch.tensor([5, 700, 1200])
    images = batches.view(3, 8, some, (8, 8))
    logarithms = torch.stack([network(images).log_softmax(1) for network in networks])
    torch.testing.assert_close(said[some].float(), logarithms.mean(0).softmax(1), rtol=0, atol=2e-3)


def test_a_network_learns_from_teachers_alone(teacher: Teacher):
    batches = stream(augmentation=WOBBLE)
    table = torch.stack([soft_labels_of_view(batches, [teacher.network], view, 8) for view in range(2)])
    images = replace(training_images(), labels=torch.zeros(len(training_images()), dtype=torch.int64))
    taught = replace(batches, images=images, soft=SoftLabels(table, 8))
    context = FinalistContext(None, taught, validation_images())
    finalist = train_finalist(context, one_network(), Allowance(steps=200))
    assert finalist.int8_score.accuracy > 0.85
    assert math.isfinite(finalist.int8_score.loss)
