"""Other projects' counters of multiply-accumulates, run on networks of our spaces.

They count by running a torch module, so a network must be one; its image is black.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.networks.execute import activated, run_graph
from search_spaces.graph import Graph, Op, OpKind, same_padding

Counter = Callable[[nn.Module, Tensor], float]
"""What is timed: from a module that stands and its image to one number."""


class RunnableGraph(nn.Module):
    """A graph as a module, with layers of torch for ops that have weights, as some rivals ask for."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        weighted = [op for op in graph.ops if op.weight is not None]
        self.layers = nn.ModuleDict({_key(op): _layer(graph, op) for op in weighted})

    def forward(self, images: Tensor) -> Tensor:
        """The logits."""
        return run_graph(self.graph, images, self._compute)

    def _compute(self, op: Op, x: Tensor) -> Tensor:
        if op.kind is OpKind.FULLY_CONNECTED:
            return activated(op, self.layers[_key(op)](x.flatten(1)))
        height, width = x.shape[2:]
        top, bottom = same_padding(height, op.kernel[0], op.stride[0])
        left, right = same_padding(width, op.kernel[1], op.stride[1])
        return activated(op, self.layers[_key(op)](functional.pad(x, (left, right, top, bottom))))


def _layer(graph: Graph, op: Op) -> nn.Module:
    inputs, outputs = graph.inputs_of(op)[0].shape[2], graph.output_of(op).shape[2]
    if op.kind is OpKind.FULLY_CONNECTED:
        return nn.Linear(inputs, outputs)
    groups = inputs if op.kind is OpKind.DEPTHWISE_CONV else 1
    return nn.Conv2d(inputs, outputs, op.kernel, op.stride, groups=groups)


def _key(op: Op) -> str:
    return op.name.replace(".", "_")


def image_of(graph: Graph) -> Tensor:
    """An empty image for a graph."""
    height, width, channels = graph.input.shape
    return torch.zeros(1, channels, height, width)


def installed_rivals() -> dict[str, Counter]:
    """The counters that are there, by name; torch's own always is."""
    return {name: count for name, (module, count) in RIVALS.items() if importlib.util.find_spec(module)}


def count_with_torch(module: nn.Module, image: Tensor) -> float:
    """Multiply-accumulates by torch's FlopCounterMode, which counts two operations each."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(image)
    return counter.get_total_flops() / 2


def count_with_fvcore(module: nn.Module, image: Tensor) -> float:
    """Multiply-accumulates by fvcore, which calls them flops."""
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fvcore.nn import FlopCountAnalysis  # pyright: ignore[reportMissingImports] - no dependency

        analysis = FlopCountAnalysis(module, image)
        return float(analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())  # noqa: FBT003


def count_with_ptflops(module: nn.Module, image: Tensor) -> float:
    """Multiply-accumulates by ptflops, which adds those of activations and pools."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ptflops import get_model_complexity_info  # pyright: ignore[reportMissingImports] - no dependency

        macs, _ = get_model_complexity_info(
            module, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False
        )
    return float(macs or 0)


RIVALS: dict[str, tuple[str, Counter]] = {
    "fvcore FlopCountAnalysis": ("fvcore", count_with_fvcore),
    "ptflops": ("ptflops", count_with_ptflops),
    "torch FlopCounterMode": ("torch", count_with_torch),
}
"""By name: the package that a counter comes with, and the counter."""
