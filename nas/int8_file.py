"""An int8 network's whole numbers, saved beside its exports so that a run can go on from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from nas.files import write_beside
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from search_spaces.graph import Graph


def save_int8(network: QuantizedNetwork, facts: Mapping[str, Any], path: Path) -> None:
    """Writes codes, scales, biases and zero points; `facts` (JSON) go into the file's metadata."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, weights in network.weights.items():
        arrays[f"{name}.codes"] = np.ascontiguousarray(weights.codes)
        arrays[f"{name}.scales"] = np.ascontiguousarray(weights.scales)
        arrays[f"{name}.bias"] = np.ascontiguousarray(weights.bias)
    rules = {name: [rule.scale, rule.zero_point] for name, rule in network.activations.items()}
    metadata = {"activations": json.dumps(rules), "facts": json.dumps(dict(facts))}
    write_beside(path, lambda beside: save_file(arrays, beside, metadata))


def load_int8(graph: Graph, path: Path) -> tuple[QuantizedNetwork, dict[str, Any]]:
    """The network that `save_int8` saved for this graph, and the facts."""
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        weights = {
            op.name: QuantizedWeights(
                file.get_tensor(f"{op.name}.codes"),
                file.get_tensor(f"{op.name}.scales"),
                file.get_tensor(f"{op.name}.bias"),
            )
            for op in graph.ops
            if op.weight
        }
    rules = json.loads(metadata["activations"])
    activations = {name: ActivationQuantization(*rule) for name, rule in rules.items()}
    return QuantizedNetwork(graph, activations, weights), json.loads(metadata["facts"])
