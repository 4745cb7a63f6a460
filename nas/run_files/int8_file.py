"""An int8 network's whole numbers, saved beside its exports so that a run can go on from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nas.files import write_bytes
from nas.quantized_network import ActivationQuantization, QuantizedNetwork, QuantizedWeights
from search_spaces.graph import Graph


class BadInt8File(ValueError):
    """A file does not hold the int8 network that it should."""


def save_int8(network: QuantizedNetwork, facts: Mapping[str, Any], path: Path) -> None:
    """Writes codes, scales, biases and zero points; `facts` (JSON) go into the file's metadata.

    Raises:
        OSError: the disk refused it; what stood at `path` before is still there.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, weights in network.weights.items():
        arrays[f"{name}.codes"] = np.ascontiguousarray(weights.codes)
        arrays[f"{name}.scales"] = np.ascontiguousarray(weights.scales)
        arrays[f"{name}.bias"] = np.ascontiguousarray(weights.bias)
    rules = {name: [rule.scale, rule.zero_point] for name, rule in network.activations.items()}
    # One entry: safetensors writes several in an order of chance, and equal networks make equal files.
    metadata = {"network": json.dumps({"activations": rules, "facts": dict(facts)})}
    # Through memory: a disk that fills up is an OSError then, and not what safetensors makes of it.
    write_bytes(path, save(arrays, metadata))


def load_int8(graph: Graph, path: Path) -> tuple[QuantizedNetwork, dict[str, Any]]:
    """The network that `save_int8` saved for this graph, and the facts.

    Raises:
        BadInt8File: the file is damaged, or of another network.
        OSError: there is no such file.
    """
    try:
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
        saved = json.loads(metadata["network"])
        rules, facts = saved["activations"], saved["facts"]
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadInt8File(
            f"network {path} is damaged or another's: delete it, and `nas resume` trains it anew"
        ) from error
    activations = {name: ActivationQuantization(*rule) for name, rule in rules.items()}
    return QuantizedNetwork(graph, activations, weights), facts
