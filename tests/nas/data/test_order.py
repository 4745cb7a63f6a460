from dataclasses import dataclass

import numpy as np
import pytest

from nas.data.dataset import Images, Preprocessing, TrainingPart
from nas.data.load import load_dataset

CLASSES = ("ant", "bee", "cat", "dog")


def _by_class(count: int) -> Images:
    """So many images of each class, one class after another, as a folder lists them; all differ."""
    labels = np.repeat(np.arange(len(CLASSES)), count)
    numbers = np.arange(len(labels))
    pixels = np.stack([numbers // 256, numbers % 256], axis=1).astype(np.uint8)
    return Images(pixels.reshape(-1, 1, 2, 1), labels)


@dataclass(frozen=True)
class _Listed:
    """A source in the order of its classes; with validation images of its own, or without."""

    validation: Images | None
    name: str = "listed"
    is_mirrorable: bool = False

    def training(self) -> TrainingPart:
        return TrainingPart(self.name, CLASSES, _by_class(400), Preprocessing("as they are"), self.validation)

    def test(self) -> Images:
        return _by_class(10)


@pytest.mark.parametrize("validation", [None, _by_class(50)], ids=["split", "given"])
def test_the_first_images_are_of_all_classes(validation: Images | None):
    dataset = load_dataset(_Listed(validation), seed=0)
    for images, count in ((dataset.train, 128), (dataset.validation, 64)):
        shares = np.bincount(images.labels[:count], minlength=len(CLASSES)) / count
        assert (shares > 0.1).all()
        a_class = 400 if images is dataset.train or validation is None else 50
        numbers = images.pixels[:, 0, 0, 0].astype(int) * 256 + images.pixels[:, 0, 1, 0]
        assert len(set(numbers.tolist())) == len(images)
        assert (numbers // a_class == images.labels).all()


def test_the_order_is_that_of_the_seed():
    source = _Listed(_by_class(50))
    one, same, other = (load_dataset(source, seed).train.pixels for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
