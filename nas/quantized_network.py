"""A network in int8: the one source that the simulation, the .tflite file and the .onnx file are made from.

Weights are symmetric in [-127, 127], one scale an output channel (one a tensor for fully connected layers);
activations are affine, one scale and zero point a tensor; biases are int32 with scale = input scale x weight
scale. Source: TensorFlow Lite 8-bit quantization specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_spaces.graph import Graph


@dataclass(frozen=True, slots=True)
class ActivationQuantization:
    """real = scale x (code - zero_point), codes in [-128, 127]."""

    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class QuantizedWeights:
    """One op's weights: `codes` shaped as its `WeightRef`, `scales` (out,) or (1,), `bias` (out,)."""

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    bias: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class QuantizedNetwork:
    """A graph with the quantization of every tensor (by name) and the weights of every weighted op (by name).

    Pools carry their input's quantization to their output.
    """

    graph: Graph
    activations: dict[str, ActivationQuantization]
    weights: dict[str, QuantizedWeights]
