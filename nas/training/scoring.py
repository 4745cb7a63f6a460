"""The score of a candidate: its inherited weights, quantized to int8, on validation images."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nas.networks.fake_quantized import UnboundedActivation, calibrate
from nas.networks.folded import fold
from nas.networks.weight_bank import WeightBank
from nas.training.batches import TensorImages
from nas.training.evaluate import Score, evaluate
from nas.training.supernet import recalibration_batches
from search_spaces.graph import Graph

CALIBRATION_BATCHES = 2


@dataclass(frozen=True, eq=False)
class ScoringContext:
    """What every candidate is scored with: the trained bank, and images to calibrate and to validate on."""

    bank: WeightBank
    calibration: TensorImages
    validation: TensorImages


def score(context: ScoringContext, graph: Graph) -> Score:
    """Loss and accuracy of the sub-network as it would be in int8; a loss of NaN where it blew up."""
    size = graph.input.shape[:2]
    batches = recalibration_batches(context.calibration, size)
    folded = fold(graph, context.bank, batches)
    try:
        network = calibrate(folded, batches[:CALIBRATION_BATCHES], context.calibration.normalization)
    except UnboundedActivation:
        return Score(math.nan, 0.0)
    return evaluate(network, context.validation, size)
