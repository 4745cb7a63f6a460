"""Exported torch modules of random networks, and what they have to compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from nas.data.dataset import Normalization
from nas.export.load_module import load_module
from nas.export.torch_module import write_module
from nas.networks.execute import activated, convolve, run_graph
from nas.quantized_network import QuantizedNetwork
from search_spaces.graph import Graph, Op


def normalization_of(network: QuantizedNetwork) -> Normalization:
    """The normalization that a network's input is quantized for."""
    rule = network.activations[network.graph.input.name]
    return Normalization(rule.zero_point + 128, 1 / rule.scale)


def class_names(graph: Graph) -> tuple[str, ...]:
    return tuple(f"class {number}" for number in range(graph.output.size_bytes))


def export(network: QuantizedNetwork, folder: Path) -> nn.Module:
    """Writes a network's module into a folder and loads it from there."""
    classes = class_names(network.graph)
    text, tensors = write_module(network, normalization_of(network), classes, "A network")
    (folder / "model.py").write_text(text, encoding="utf-8")
    save_file(tensors, folder / "weights.safetensors")
    return load_module(folder)


def random_pixels(graph: Graph, count: int, seed: int) -> torch.Tensor:
    """uint8, (count, channels, height, width)."""
    height, width, channels = graph.input.shape
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, channels, height, width), dtype=torch.uint8, generator=generator)


def float_logits(network: QuantizedNetwork, pixels: torch.Tensor) -> torch.Tensor:
    """The logits of a network's dequantized weights in double precision."""
    rule = network.activations[network.graph.input.name]

    def weighted(op: Op, x: torch.Tensor) -> torch.Tensor:
        weights, scale = network.weights[op.name], network.activations[op.inputs[0]].scale
        channels = (-1, *[1] * (weights.codes.ndim - 1))
        reals = weights.codes * weights.scales.astype(np.float64).reshape(channels)
        bias = weights.bias * weights.scales.astype(np.float64) * scale
        return activated(op, convolve(op, x, torch.from_numpy(reals), torch.from_numpy(bias)))

    codes = pixels.double() - 128 - rule.zero_point
    return run_graph(network.graph, codes * rule.scale, weighted)
