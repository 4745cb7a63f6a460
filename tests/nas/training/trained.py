"""Weights that know the digits, trained once for all tests that need them."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.optimizer import set_learning_rate, sgd
from tests.nas.training.lessons import one_network, stream

STEPS = 300


@lru_cache(maxsize=1)
def trained_bank() -> WeightBank:
    """A bank for `one_network` that gets some 95% of the digits right."""
    graph, batches = one_network(), stream()
    bank = WeightBank.initialized([graph], 0)
    optimizer, compute = sgd(bank.decayed(), bank.undecayed()), BatchNormed(bank)
    for step in range(STEPS):
        set_learning_rate(optimizer, 0.1 * (1 - step / STEPS))
        images, labels = batches.batch(step, (8, 8))
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(run_graph(graph, images, compute), labels).backward()
        torch.nn.utils.clip_grad_norm_(bank.tensors(), 5.0)
        optimizer.step()
    return bank
