"""Trains one network of the front to the end: in float, then tuned in int8."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from torch import Tensor

from nas.networks.fake_quantized import FakeQuantizedNetwork, calibrate
from nas.networks.folded import FoldedNetwork, fold
from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance, Progress
from nas.training.alone import LOSS, Loss, descend, train_alone
from nas.training.batches import TensorImages, TrainingStream
from nas.training.evaluate import Score, evaluate
from nas.training.optimizer import set_learning_rate, sgd
from nas.training.recalibration import MANY_IMAGES, recalibration_batches
from nas.training.recipe import Recipe
from search_spaces.graph import Graph

CALIBRATION_BATCHES = 8


@dataclass(frozen=True, eq=False)
class FinalistContext:
    """What all finalists share; without a `bank` to start from, each begins with random weights."""

    bank: WeightBank | None
    stream: TrainingStream
    validation: TensorImages
    loss: Loss = LOSS


@dataclass(frozen=True, eq=False)
class TrainedFinalist:
    """The tuned network, its int8 (simulated) and float validation scores, and what training took."""

    network: FakeQuantizedNetwork
    int8_score: Score
    float_score: Score
    steps: int
    seconds: float


def train_finalist(context: FinalistContext, graph: Graph, allowance: Allowance) -> TrainedFinalist:
    """Trains in float with batch norm, folds it, then tunes the int8 network for the last part.

    Raises:
        TrainingDiverged: the loss is no longer a number.
        UnboundedActivation: the activations are not, when training has ended.
    """
    started = time.monotonic()
    size = graph.input.shape[:2]
    bank = _first_weights(context, graph)
    recipe = context.loss.recipe
    steps = train_alone(graph, bank, context.stream, _float_part(allowance, recipe), context.loss)
    batches = recalibration_batches(context.stream.images, size, MANY_IMAGES)
    folded = fold(graph, bank, batches)
    float_score = evaluate(folded, context.validation, size)
    network = calibrate(folded, batches[:CALIBRATION_BATCHES], context.stream.images.normalization)
    evaluating = time.monotonic()
    untuned = evaluate(network, context.validation, size)
    # The last evaluation will take as long as this one.
    spent = 2 * time.monotonic() - evaluating - started
    tuned, tuning_steps = _tune(context, network, _tuning_part(allowance, recipe, steps, spent), steps)
    int8_score = evaluate(tuned, context.validation, size)
    if untuned.loss < int8_score.loss:
        tuned, int8_score = network, untuned
    seconds = time.monotonic() - started
    return TrainedFinalist(tuned, int8_score, float_score, steps + tuning_steps, seconds)


def _first_weights(context: FinalistContext, graph: Graph) -> WeightBank:
    if context.bank is None:
        return WeightBank.initialized([graph], context.stream.seed)
    return context.bank.sliced(graph)


def _float_part(allowance: Allowance, recipe: Recipe) -> Allowance:
    share = 1.0 - recipe.tuning_share
    if allowance.steps is not None:
        return Allowance(steps=math.ceil(allowance.steps * share))
    assert allowance.seconds is not None
    return Allowance(seconds=allowance.seconds * share)


def _tuning_part(allowance: Allowance, recipe: Recipe, steps: int, seconds: float) -> Allowance:
    """What is left after so much; of seconds at least half of the share, where evaluation was slow."""
    if allowance.steps is not None:
        return Allowance(steps=allowance.steps - steps)
    assert allowance.seconds is not None
    least = 0.5 * recipe.tuning_share * allowance.seconds
    return Allowance(seconds=max(allowance.seconds - seconds, least))


def _tune(
    context: FinalistContext, network: FakeQuantizedNetwork, allowance: Allowance, first_step: int
) -> tuple[FakeQuantizedNetwork, int]:
    """Quantization-aware training of the folded weights, the activations' ranges kept."""
    graph = network.folded.graph
    weights = {name: _trainable(pair) for name, pair in network.folded.weights.items()}
    tuned = FakeQuantizedNetwork(FoldedNetwork(graph, weights), network.activations)
    parameters = tuned.folded.parameters()
    optimizer, progress = sgd([], parameters), Progress(allowance)
    while (fraction := progress.fraction) < 1.0:
        set_learning_rate(optimizer, context.loss.recipe.tuning_rate * (1.0 - fraction))
        images, labels = context.stream.batch(first_step + progress.step, graph.input.shape[:2])
        descend(optimizer, parameters, context.loss(tuned(images), labels))
        progress.step += 1
    kept = {name: (weight.detach(), bias.detach()) for name, (weight, bias) in weights.items()}
    return FakeQuantizedNetwork(FoldedNetwork(graph, kept), network.activations), progress.step


def _trainable(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    weight, bias = pair
    return weight.clone().requires_grad_(), bias.clone().requires_grad_()
