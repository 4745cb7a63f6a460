"""How much work the ops of .tflite networks are, in the amounts that `constraints.latency` charges for.

Some compilers leave out channels whose weights are all zero, and what follows from them. Of the MLPerf Tiny
networks only vww has such: 971 of the 1,344 channels that its last nine pointwise convolutions write.
`live_work` is what is left then: 3.7 of 7.5 million MACs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from constraints.geometry import Geometry
from constraints.latency import gathered_bytes, multiplied_outputs
from constraints.macs import macs
from nas.tflite_file.constant_channels import live_geometries
from nas.tflite_file.model import FileModel
from nas.tflite_file.read import read_model
from search_spaces.graph import OpKind

WORK = (
    "pointwise",
    "conv",
    "depthwise",
    "fully_connected",
    "output",
    "gathered",
    "add",
    "average_pool",
    "op",
)
FILES = {"ad": "ad01_int8", "kws": "kws_dscnn_int8", "ic": "ic_resnet8_int8", "vww": "vww_96_int8"}
CALLS = frozenset({"RESHAPE", "SOFTMAX"})
"""Operators that are one call and nothing else: in these networks they handle at most 256 elements."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Network:
    """Amounts of work in the order of `WORK`: of all channels, and of those that are not constant."""

    work: Floats
    live_work: Floats


def read_networks(folder: Path) -> dict[str, Network]:
    """The four reference networks, out of the files in `FILES`."""
    models = {name: (folder / f"{stem}.tflite").read_bytes() for name, stem in FILES.items()}
    return {name: read_network(model) for name, model in models.items()}


def read_network(data: bytes) -> Network:
    """The work of a network.

    Raises:
        ValueError: an operator is in it whose work is not counted.
    """
    model = read_model(data)
    _check(model)
    return Network(
        _total(op.geometry for op in model.operators),
        _total(live_geometries(model, data)),
    )


def amounts(geometry: Geometry) -> Floats:
    """The work of one op, in the order of `WORK`."""
    amount = dict.fromkeys(WORK, 0)
    amount["op"] = 1
    amount["output"] = multiplied_outputs(geometry)
    amount["gathered"] = gathered_bytes(geometry)
    match geometry.kind:
        case OpKind.ADD:
            amount["add"] = geometry.output_bytes
        case OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
            amount["average_pool"] = geometry.output_bytes * geometry.kernel[0] * geometry.kernel[1]
        case OpKind.DEPTHWISE_CONV:
            amount["depthwise"] = macs(geometry)
        case OpKind.FULLY_CONNECTED:
            amount["fully_connected"] = macs(geometry)
        case _:
            amount["pointwise" if geometry.kernel == (1, 1) else "conv"] = macs(geometry)
    return np.array(list(amount.values()), dtype=np.float64)


def _total(geometries: Iterable[Geometry | None]) -> Floats:
    """The sum over all operators; one without a geometry is a call."""
    total = np.zeros(len(WORK))
    for geometry in geometries:
        total += (np.arange(len(WORK)) == WORK.index("op")) if geometry is None else amounts(geometry)
    return total


def _check(model: FileModel) -> None:
    for op in model.operators:
        known = op.code in CALLS if op.geometry is None else op.geometry.kind is not OpKind.MAX_POOL
        if not known:
            raise ValueError(f"operator {op.name}: its work is not counted here; add it to `amounts`")
