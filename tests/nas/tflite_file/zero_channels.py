"""A small network, and the same with channels whose weights are all zero."""

from dataclasses import replace

import numpy as np

from nas.quantized_network import QuantizedNetwork
from search_spaces.builder import GraphBuilder
from studies.untrained import random_network


def network(width: int = 6) -> QuantizedNetwork:
    builder = GraphBuilder((8, 6, 4))
    x = builder.conv(builder.input, "first", width)
    x = builder.depthwise(x, "dw", (3, 3), (2, 2))
    x = builder.conv(x, "second", 5, (3, 3))
    x = builder.global_average_pool(x, "pool")
    builder.fully_connected(x, "head", 3)
    return random_network(builder.build(), 0)


def with_zeros(network: QuantizedNetwork, op: str, channels: list[int]) -> QuantizedNetwork:
    own = network.weights[op]
    codes = np.array(own.codes)
    codes[channels] = 0
    return replace(network, weights={**network.weights, op: replace(own, codes=codes)})
