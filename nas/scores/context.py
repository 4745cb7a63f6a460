"""What candidates are scored with, and what every score ends in: the loss in int8."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nas.networks.fake_quantized import UnboundedActivation, calibrate
from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.training.alone import LOSS, Loss
from nas.training.batches import TensorImages, TrainingStream
from nas.training.evaluate import Score, evaluate
from nas.training.recalibration import recalibration_batches
from search_spaces.graph import Graph

CALIBRATION_BATCHES = 2


@dataclass(frozen=True, eq=False)
class ScoringContext:
    """What all candidates share: the weights of the supernet, and images to train and to validate on.

    `steps` is how long each candidate is trained, where a score trains, and `loss` what it is to lower.
    """

    bank: WeightBank
    stream: TrainingStream
    validation: TensorImages
    steps: int = 0
    loss: Loss = LOSS


def int8_score(context: ScoringContext, graph: Graph, bank: WeightBank) -> Score:
    """Loss and accuracy of a network as it would be in int8; a loss of NaN where it blew up.

    Batch norm is recalibrated on training images first.
    """
    size = graph.input.shape[:2]
    batches = recalibration_batches(context.stream.images, size)
    folded = fold(graph, bank, batches)
    try:
        network = calibrate(folded, batches[:CALIBRATION_BATCHES], context.stream.images.normalization)
    except UnboundedActivation:
        return Score(math.nan, 0.0)
    return evaluate(network, context.validation, size)
