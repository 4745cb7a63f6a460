"""What teachers say of the training images, in place of labels that know of one class alone.

Networks as small as these cannot learn all of their labels; what a better network makes of each image, which
classes it takes it for besides, is easier to learn and says more (Hinton et al. 2015, "Distilling the
knowledge in a neural network", section 2, here at a temperature of 1). Teacher and pupil must be shown the
same pixels, augmentation included, and for long (Beyer et al. 2022, "Knowledge distillation: a good teacher
is patient and consistent", section 3); so that teachers are asked once alone, there are some fixed views of
each image.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, eq=False)
class SoftLabels:
    """`probabilities` of the classes, (views, images, classes), of float16; `seed` is that of the views.

    In what is learnt they weigh `weight`, the true labels the rest.
    """

    probabilities: Tensor
    seed: int
    weight: float

    @property
    def views(self) -> int:
        """How many times each image was looked at, augmented each time in another way."""
        return len(self.probabilities)

    def of(self, view: int, chosen: Tensor, labels: Tensor) -> Tensor:
        """(chosen, classes): what is learnt of the images at `chosen`, whose true `labels` are numbers."""
        taught = self.probabilities[view, chosen].float()
        true = functional.one_hot(labels, taught.shape[1])
        return self.weight * taught + (1.0 - self.weight) * true
