"""One change each to how finalists are trained: schedule, batches, averaging, a teacher, tuning in int8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from nas.training.batches import Augmentation, TrainingStream
from nas.training.recipe import RECIPE, Recipe


def _as_it_is(stream: TrainingStream) -> TrainingStream:
    return stream


@dataclass(frozen=True, slots=True)
class Change:
    """A recipe and what is done to the batches; `steps` is a factor, where batches are of another size.

    `taught` says that wider networks, trained before, teach.
    """

    name: str
    recipe: Recipe = RECIPE
    batches: Callable[[TrainingStream], TrainingStream] = _as_it_is
    steps: float = 1.0
    taught: bool = False


def _augmented(shift: int, *, flip: bool) -> Callable[[TrainingStream], TrainingStream]:
    return lambda stream: replace(stream, augmentation=Augmentation((shift, shift), flip=flip))


def _of_size(batch_size: int) -> Callable[[TrainingStream], TrainingStream]:
    return lambda stream: replace(stream, batch_size=batch_size)


def _in_float32(stream: TrainingStream) -> TrainingStream:
    return replace(stream, precision=torch.float32)


BASE = Change("as it is")
CHANGES = (
    BASE,
    Change("float32", batches=_in_float32),
    Change("SGD alone", replace(RECIPE, muon_rate=0.0)),
    Change("SGD alone, peak rate 0.5", replace(RECIPE, muon_rate=0.0, peak_rate=0.5)),
    Change("Muon's rate 0.01", replace(RECIPE, muon_rate=0.01)),
    Change("Muon's rate 0.04", replace(RECIPE, muon_rate=0.04)),
    Change("Muon's decay 0.03", replace(RECIPE, muon_decay=0.03)),
    Change("Muon's decay 0.2", replace(RECIPE, muon_decay=0.2)),
    Change("Muon's momentum 0.95", replace(RECIPE, muon_momentum=0.95)),
    Change("peak rate 0.1", replace(RECIPE, peak_rate=0.1)),
    Change("cosine", replace(RECIPE, cosine=True)),
    Change("labels not smoothed", replace(RECIPE, label_smoothing=0.0)),
    Change("labels smoothed 0.1", replace(RECIPE, label_smoothing=0.1)),
    Change("weights averaged 0.99", replace(RECIPE, average=0.99)),
    Change("weights averaged 0.998", replace(RECIPE, average=0.998)),
    Change("no mirror images", batches=_augmented(2, flip=False)),
    Change("shifts of 1", batches=_augmented(1, flip=True)),
    Change("no augmentation", batches=_augmented(0, flip=False)),
    Change("batches of 64, twice the steps", batches=_of_size(64), steps=2.0),
    Change("batches of 256, half the steps", batches=_of_size(256), steps=0.5),
    Change("teachers", taught=True),
    Change("teachers, temperature 1", replace(RECIPE, temperature=1.0), taught=True),
    Change("teachers, temperature 4", replace(RECIPE, temperature=4.0), taught=True),
    Change("tuned 5%", replace(RECIPE, tuning_share=0.05)),
    Change("tuned 30%", replace(RECIPE, tuning_share=0.3)),
    Change("tuning rate 0.003", replace(RECIPE, tuning_rate=0.003)),
    Change("tuning rate 0.03", replace(RECIPE, tuning_rate=0.03)),
)
