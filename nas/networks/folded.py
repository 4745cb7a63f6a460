"""A network whose batch norm is folded into its convolutions: what is quantized and exported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from nas.networks.batch_norm_loops import BATCH_NORM_EPSILON
from nas.networks.execute import activated, convolve, run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from search_spaces.graph import Graph, Op


@dataclass(frozen=True, slots=True)
class FoldedNetwork:
    """A graph with a weight and a bias for every weighted op, by the op's name."""

    graph: Graph
    weights: dict[str, tuple[Tensor, Tensor]]

    def __call__(self, images: Tensor) -> Tensor:
        """Logits of normalized images, in float."""
        return run_graph(self.graph, images, self.compute)

    def compute(self, op: Op, x: Tensor) -> Tensor:
        """One weighted op."""
        weight, bias = self.weights[op.name]
        return activated(op, convolve(op, x.to(weight.dtype), weight, bias))

    def parameters(self) -> list[Tensor]:
        """All weights and biases."""
        return [tensor for pair in self.weights.values() for tensor in pair]


@torch.no_grad()
def fold(graph: Graph, bank: WeightBank, batches: Iterable[Tensor]) -> FoldedNetwork:
    """The network with batch norm recalibrated on `batches` of normalized images, and folded.

    The batches are of one size: each counts as much as any other.
    """
    statistics: dict[str, tuple[Tensor, Tensor]] = {}
    compute = BatchNormed(bank, statistics)
    for batch in batches:
        run_graph(graph, batch, compute)
        compute.batches_seen += 1
    weights = {}
    for op in graph.ops:
        if op.weight:
            slot = bank.read(op.weight)
            weights[op.name] = _fold_one(slot.weight, slot.scale, slot.shift, statistics.get(op.name))
    return FoldedNetwork(graph, weights)


def _fold_one(
    weight: Tensor, scale: Tensor | None, shift: Tensor, statistics: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, Tensor]:
    if scale is None or statistics is None:
        return weight.detach().clone(), shift.detach().clone()
    mean, variance = statistics
    factor = scale / torch.sqrt(variance + BATCH_NORM_EPSILON)
    return weight * factor[:, None, None, None], shift - mean * factor
