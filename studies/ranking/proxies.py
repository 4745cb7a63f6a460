"""Scores of networks that have not been trained at all, from one batch: zero-cost proxies.

As Abdelfattah et al. 2021, "Zero-cost proxies for lightweight NAS", section 3, lists them. More is better in
all of them, so they are given as negative losses. Each has the shape of a score of `nas.scores`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nas.networks.execute import activated, convolve, run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.scores.context import ScoringContext
from nas.training.evaluate import Score
from search_spaces.graph import Activation, Graph, Op


def gradient_norm(context: ScoringContext, graph: Graph) -> Score:
    """Sum over the weights of the Euclidean norm of their gradients."""
    bank = _with_gradients(context, graph)
    return _more_is_better(torch.stack([_gradient(weight).norm() for weight in bank.decayed()]).sum())


def snip(context: ScoringContext, graph: Graph) -> Score:
    """Sum of |weight x gradient| (Lee et al. 2019, "SNIP", equation 4)."""
    bank = _with_gradients(context, graph)
    saliencies = [(weight * _gradient(weight)).abs().sum() for weight in bank.decayed()]
    return _more_is_better(torch.stack(saliencies).sum())


def synflow(context: ScoringContext, graph: Graph) -> Score:
    """Log of the sum of |weight| x gradient of the output on ones, no batch norm (Tanaka et al. 2020)."""
    bank = _fresh(context, graph)
    weights = {
        name: slot.weight.detach().abs().double().requires_grad_() for name, slot in bank.slots.items()
    }

    def compute(op: Op, x: Tensor) -> Tensor:
        assert op.weight is not None
        return activated(op, convolve(op, x, weights[op.weight.slot]))

    height, width, channels = graph.input.shape
    ones = torch.ones(1, channels, height, width, dtype=torch.float64)
    run_graph(graph, ones, compute).sum().backward()
    flows = [(weight * _gradient(weight)).sum() for weight in weights.values()]
    return _more_is_better(torch.stack(flows).sum().log())


def naswot(context: ScoringContext, graph: Graph) -> Score:
    """Log |K|, K counting the ReLUs that two images of a batch agree on (Mellor et al. 2021, section 3)."""
    bank = _fresh(context, graph)
    images, _ = context.stream.batch(0, graph.input.shape[:2])
    rectified = {op.output for op in graph.ops if op.activation is Activation.RELU}
    kernel = torch.zeros(len(images), len(images), dtype=torch.float64)

    def observe(name: str, value: Tensor) -> Tensor:
        if name in rectified:
            on = (value > 0).flatten(1).double()
            kernel.add_(on @ on.T + (1 - on) @ (1 - on).T)
        return value

    with torch.no_grad():
        run_graph(graph, images, BatchNormed(bank), observe)
    return _more_is_better(torch.linalg.slogdet(kernel).logabsdet)


def _fresh(context: ScoringContext, graph: Graph) -> WeightBank:
    return WeightBank.initialized([graph], context.stream.seed)


def _with_gradients(context: ScoringContext, graph: Graph) -> WeightBank:
    bank = _fresh(context, graph)
    images, labels = context.stream.batch(0, graph.input.shape[:2])
    functional.cross_entropy(run_graph(graph, images, BatchNormed(bank)), labels).backward()
    return bank


def _gradient(weight: Tensor) -> Tensor:
    assert weight.grad is not None
    return weight.grad


def _more_is_better(value: Tensor) -> Score:
    return Score(-float(value.detach()), 0.0)
