"""Models for the digits of scikit-learn, (8, 8, 1) and 10 classes, as a user might give them."""

from __future__ import annotations

from dataclasses import replace

from nas.export.tflite import write_tflite
from nas.quantized_network import ActivationQuantization, QuantizedNetwork
from search_spaces.builder import GraphBuilder
from studies.untrained import random_network

UNIT = ActivationQuantization(1 / 255, -128)
"""Of an input whose codes stand for pixels from 0 to 1."""


def digits_network(classes: int = 10, size: int = 8) -> QuantizedNetwork:
    """Random weights, and an input of pixels from 0 to 1."""
    builder = GraphBuilder((size, size, 1))
    y = builder.conv(builder.input, "first", 6, (3, 3), (2, 2))
    y = builder.conv(y, "second", 12, (3, 3))
    builder.fully_connected(builder.global_average_pool(y, "pool"), "classes", classes)
    network = random_network(builder.build(), 4)
    return replace(network, activations={**network.activations, network.graph.input.name: UNIT})


def digits_file(classes: int = 10, size: int = 8) -> bytes:
    return write_tflite(digits_network(classes, size))
