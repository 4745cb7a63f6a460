"""Where the time of training goes: shares of the steps' wall time, by the kind of work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from torch.profiler import ProfilerActivity, profile

from nas.networks.weight_bank import WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.batches import TrainingStream
from search_spaces.graph import Graph

REST = "rest"
GROUPS = {
    "convolution forward": ("aten::conv2d", "_DepthwiseConv"),
    "convolution backward": ("ConvolutionBackward0", "_DepthwiseConvBackward"),
    "batch norm and ReLU": ("_BatchNorm", "_BatchNormBackward"),
    "other ReLUs": ("aten::relu_", "ReluBackward0"),
    "additions": ("aten::add", "aten::add_", "AddBackward0", "_AddRelu", "_AddReluBackward"),
    "padding and pools": (
        *("aten::pad", "ConstantPadNdBackward0", "aten::mean", "MeanBackward1"),
        *("aten::max_pool2d", "MaxPool2DWithIndicesBackward0", "aten::avg_pool2d", "AvgPool2DBackward0"),
    ),
    "slices of weights": ("aten::slice", "aten::alias", "SliceBackward0", "AliasBackward0"),
    "data and augmentation": (
        *("aten::index", "aten::index_put_", "aten::arange", "aten::flip", "aten::sub_", "aten::div_"),
        *("aten::permute", "aten::lift_fresh"),
    ),
    "casts": ("aten::to", "ToCopyBackward0"),
    "gradient clipping": (
        *("aten::linalg_vector_norm", "aten::_foreach_norm", "aten::stack", "aten::reciprocal"),
        *("aten::clamp", "aten::_foreach_mul_", "aten::mul", "aten::div"),
    ),
    "optimizer": (
        *("Optimizer.step#SGD.step", "Optimizer.zero_grad#SGD.zero_grad", "aten::_fused_sgd_"),
        *("torch::autograd::AccumulateGrad", "aten::lerp", "aten::lerp_", "aten::matmul", "aten::addmm"),
    ),
}
"""Which of the profiler's outermost events are which work; the engine's own prefix is left out.

Padding a batch before its shift is a little of "padding and pools", too. What has no group is "rest", and so
is the time between events: Python.
"""
ENGINE = "autograd::engine::evaluate_function: "


def profile_training(graph: Graph, stream: TrainingStream, steps: int) -> dict[str, float]:
    """Percent of the time of `steps` steps, after as many that are not counted, by group."""
    bank = WeightBank.initialized([graph], 0)
    train_alone(graph, bank, stream, Allowance(steps=steps))
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        began = time.perf_counter()
        train_alone(graph, bank, stream, Allowance(steps=steps))
        elapsed_us = (time.perf_counter() - began) * 1e6
    return shares(profiler.events() or (), elapsed_us)


def shares(events: Iterable[Any], elapsed_us: float) -> dict[str, float]:
    """Percent of `elapsed_us` that the outermost events of each group took, and what is left."""
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    spent = dict.fromkeys(GROUPS, 0.0)
    for name, microseconds in _outermost(events).items():
        if name in group_of:
            spent[group_of[name]] += microseconds
    spent[REST] = elapsed_us - sum(spent.values())
    return {group: round(100.0 * microseconds / elapsed_us, 1) for group, microseconds in spent.items()}


def _outermost(events: Iterable[Any]) -> dict[str, float]:
    """Microseconds by name, children included, of the events that no other one holds."""
    found = defaultdict[str, float](float)
    for event in events:
        if event.cpu_parent is None:
            found[event.name.removeprefix(ENGINE)] += event.cpu_time_total
    return found
