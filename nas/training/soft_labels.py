"""What teachers take the training images for, in place of labels that know of one class alone.

Networks as small as these cannot learn all of their labels; what a better network makes of each image, which
classes it takes it for besides, is easier to learn and says more (Hinton et al. 2015, "Distilling the
knowledge in a neural network", section 2). Teacher and pupil must be shown the same pixels, augmentation
included, and for long (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and
consistent", section 3); so that teachers are asked once alone, there are some fixed views of each image.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class SoftLabels:
    """`probabilities` of the classes, (views, images, classes), of float16; `seed` is that of the views."""

    probabilities: Tensor
    seed: int

    @property
    def views(self) -> int:
        """How many times each image was looked at, augmented each time in another way."""
        return len(self.probabilities)

    def of(self, view: int, chosen: Tensor) -> Tensor:
        """(chosen, classes): what the images at `chosen` are taken for."""
        return self.probabilities[view, chosen].float()
