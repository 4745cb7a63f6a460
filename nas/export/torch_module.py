"""A quantized network as a readable torch module that stands alone: its text, and its weights in float.

Shapes in what is written are torch's: (batch, channels, height, width).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nas.data.dataset import Normalization
from nas.export.python_source import INDENT, LINE_LENGTH, call, escaped, identifiers, tuple_literal
from nas.export.quantized_layout import check_network
from nas.export.torch_forward import statements
from nas.export.torch_layers import SAME_CONV, is_lopsided, layer
from nas.networks.fake_quantized import input_quantization
from nas.quantized_network import QuantizedNetwork
from search_spaces.graph import Graph, Op, OpKind

BODY = INDENT * 2
SCALE_TOLERANCE = 1e-6
"""Scales are kept in float32, deviations in float64."""

Line = tuple[Op, str]


def write_module(
    network: QuantizedNetwork, normalization: Normalization, classes: tuple[str, ...], title: str
) -> tuple[str, dict[str, Tensor]]:
    """The text of `model.py`, and the tensors of `weights.safetensors` in float32 under the module's names.

    `classes` names the logits in their order; `title` heads the file.

    Raises:
        QuantizationMismatch: weights or quantization do not match the graph.
        ValueError: there is not one class a logit, or the input is quantized for another normalization.
        UnsupportedOp: an op has no counterpart in torch.
    """
    check_network(network)
    _check_classes(network.graph, classes)
    _check_normalization(network, normalization)
    weighted = [op for op in network.graph.ops if op.weight is not None]
    layers = identifiers((op.name for op in weighted), dir(nn.Module()))
    tensors: dict[str, Tensor] = {}
    for op in weighted:
        weight, bias = _dequantized(network, op)
        tensors[f"{layers[op.name]}.weight"] = torch.from_numpy(weight)
        tensors[f"{layers[op.name]}.bias"] = torch.from_numpy(bias)
    return _source(network.graph, normalization, classes, title, layers), tensors


def _check_classes(graph: Graph, classes: tuple[str, ...]) -> None:
    if len(classes) != graph.output.size_bytes:
        raise ValueError(
            f"a network with {graph.output.size_bytes} logits needs as many class names, got {len(classes)}: "
            "name every class once"
        )


def _check_normalization(network: QuantizedNetwork, normalization: Normalization) -> None:
    expected, given = input_quantization(normalization), network.activations[network.graph.input.name]
    same_scale = abs(given.scale / expected.scale - 1) < SCALE_TOLERANCE
    if not same_scale or given.zero_point != expected.zero_point:
        raise ValueError(
            f"the network's input is quantized as {given}, {normalization} asks for {expected}: "
            "give the normalization that the network was trained with"
        )


def _dequantized(network: QuantizedNetwork, op: Op) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What an op's codes stand for: weights shaped as its `WeightRef`, and biases (out,)."""
    quantized = network.weights[op.name]
    scales = quantized.scales.astype(np.float64)
    by_channel = scales.reshape(-1, *[1] * (quantized.codes.ndim - 1))
    bias = quantized.bias * (scales * network.activations[op.inputs[0]].scale)
    return (quantized.codes * by_channel).astype(np.float32), bias.astype(np.float32)


def _source(
    graph: Graph, normalization: Normalization, classes: Sequence[str], title: str, layers: dict[str, str]
) -> str:
    height, width, channels = graph.input.shape
    same_conv = f"\n\n{SAME_CONV}" if any(is_lopsided(graph, op) for op in graph.ops) else ""
    constructor, forward = _constructor(graph, layers), _forward(graph, layers)
    functional = "import torch.nn.functional as F\n" if "F." in same_conv + forward else ""
    return f'''{_heading(title, len(classes), (channels, height, width))}
from pathlib import Path

{functional}from torch import Tensor, nn

{tuple_literal("CLASSES", classes)}
MEAN_BYTE = {normalization.mean_byte}
DEVIATION_BYTES = {np.float32(normalization.deviation_bytes)!s}
WEIGHTS = Path(__file__).with_name("weights.safetensors")
{same_conv}

class Network(nn.Module):
    """Layers carry the names of their blocks; comments give the shape a block leaves, without the batch."""

    def __init__(self) -> None:
        super().__init__()
{constructor}
    def forward(self, pixels: Tensor) -> Tensor:
        """The logits, (batch, {len(classes)}), of pixels 0..255, (batch, {channels}, {height}, {width})."""
        if pixels.shape[1:] != ({channels}, {height}, {width}):
            given = tuple(pixels.shape)
            raise ValueError(f"pixels must be (batch, {channels}, {height}, {width}), got {{given}}: resize")
        x = (pixels.float() - MEAN_BYTE) / DEVIATION_BYTES

{forward}

def load(weights: str | Path = WEIGHTS) -> Network:
    """The network with its weights, ready to classify."""
    from safetensors.torch import load_file

    network = Network()
    network.load_state_dict(load_file(weights))
    return network.eval()


if __name__ == "__main__":
    network = load()
    print(network)
    print(f"{{sum(tensor.numel() for tensor in network.parameters()):,}} weights and biases")
'''


def _heading(title: str, classes: int, shape: tuple[int, int, int]) -> str:
    """The module's docstring, in which the title cannot end the string."""
    given = escaped(" ".join(title.split())).replace('"', '\\"')
    lines = textwrap.wrap(given, LINE_LENGTH - 6, break_long_words=False, break_on_hyphens=False)
    text = "\n".join(lines) or "A network."
    return f'''"""{text}

Takes pixels 0..255, uint8 or float, of shape (batch, {", ".join(map(str, shape))}); normalizes them itself.
Gives logits of shape (batch, {classes}), in the order of CLASSES:

    network = load()
    labels = [CLASSES[index] for index in network(pixels).argmax(dim=1)]

The weights are the very ones of the int8 file, each a whole number times its scale. The computation is in
float: outputs differ from the int8 network's in that nothing is rounded or clipped between the layers.
"""
'''


def _constructor(graph: Graph, layers: dict[str, str]) -> str:
    """A line for every layer, those of a block under its name."""
    lines = [
        (op, call(f"self.{layers[op.name]} = {kind}", arguments, BODY))
        for op in graph.ops
        if op.weight is not None
        for kind, arguments in [layer(graph, op)]
    ]
    blocks = [f"{BODY}# {block}\n{_joined(written)}" for block, written in _by_block(lines)]
    return "\n".join(blocks)


def _forward(graph: Graph, layers: dict[str, str]) -> str:
    lines = [(op, f"{BODY}{text}") for op, text in statements(graph, layers)]
    blocks = []
    for block, written in _by_block(lines):
        shape = _shape_text(graph, written[-1][0])
        blocks.append(f"{BODY}# {block}: {shape}\n{_joined(written)}")
    return "\n".join(blocks)


def _joined(lines: Sequence[Line]) -> str:
    return "".join(f"{text}\n" for _, text in lines)


def _by_block(lines: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Neighbouring lines of one block: "stage 1, block 0" for ops named stage1.block0.and.more."""
    for block, written in groupby(lines, key=lambda line: _block_of(line[0])):
        yield block, list(written)


def _block_of(op: Op) -> str:
    parts = op.name.split(".")
    kept = parts[:2] if len(parts) > 2 else parts[:1]
    return ", ".join(_spaced(part) for part in kept)


def _spaced(part: str) -> str:
    """`stage1` as `stage 1`; what could end a comment is left out."""
    return re.sub(r"(?<=[a-z])(?=[0-9]+$)", " ", re.sub(r"[^0-9A-Za-z]+", "_", part))


def _shape_text(graph: Graph, op: Op) -> str:
    height, width, channels = graph.output_of(op).shape
    return f"({channels},)" if op.kind is OpKind.FULLY_CONNECTED else f"({channels}, {height}, {width})"
