"""How much work the ops of .tflite networks are, in the amounts that `constraints.latency` charges for.

Some compilers leave out channels whose weights are all zero, and what follows from them. Of the MLPerf Tiny
networks only vww has such: 971 of the 1,344 channels that its last nine pointwise convolutions write.
`live_work` is what is left then: 3.7 of 7.5 million MACs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from constraints.geometry import Geometry
from constraints.latency import gathered_bytes, multiplied_outputs
from constraints.macs import macs
from search_spaces.graph import OpKind, Shape

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
_KINDS = {
    tflite.BuiltinOperator.CONV_2D: OpKind.CONV,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: OpKind.DEPTHWISE_CONV,
    tflite.BuiltinOperator.FULLY_CONNECTED: OpKind.FULLY_CONNECTED,
    tflite.BuiltinOperator.ADD: OpKind.ADD,
    tflite.BuiltinOperator.AVERAGE_POOL_2D: OpKind.AVERAGE_POOL,
}
# One call each and nothing else: they handle at most 256 elements.
_CALLS = frozenset({tflite.BuiltinOperator.RESHAPE, tflite.BuiltinOperator.SOFTMAX})

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Network:
    """Amounts of work in the order of `WORK`: of all channels, and of those that are not constant."""

    work: Floats
    live_work: Floats


def read_networks(folder: Path) -> dict[str, Network]:
    """The four reference networks, out of the files in `FILES`."""
    models = {name: (folder / f"{stem}.tflite").read_bytes() for name, stem in FILES.items()}
    return {name: read_network(model) for name, model in models.items()}


def read_network(model: bytes) -> Network:
    """The work of a network whose ops are those of the reference networks.

    Raises:
        ValueError: another op is in it.
    """
    root = tflite.Model.GetRootAs(model, 0)
    return Network(_work(root, drops_dead=False), _work(root, drops_dead=True))


def amounts(geometry: Geometry) -> Floats:
    """The work of one op, in the order of `WORK`."""
    amount = dict.fromkeys(WORK, 0)
    amount["op"] = 1
    amount["output"] = multiplied_outputs(geometry)
    amount["gathered"] = gathered_bytes(geometry)
    match geometry.kind:
        case OpKind.ADD:
            amount["add"] = geometry.output_bytes
        case OpKind.AVERAGE_POOL:
            amount["average_pool"] = geometry.output_bytes * geometry.kernel[0] * geometry.kernel[1]
        case OpKind.DEPTHWISE_CONV:
            amount["depthwise"] = macs(geometry)
        case OpKind.FULLY_CONNECTED:
            amount["fully_connected"] = macs(geometry)
        case _:
            amount["pointwise" if geometry.kernel == (1, 1) else "conv"] = macs(geometry)
    return np.array(list(amount.values()), dtype=np.float64)


def _work(root: Any, *, drops_dead: bool) -> Floats:  # noqa: ANN401 - flatbuffers' tables are untyped
    graph = root.Subgraphs(0)
    total = np.zeros(len(WORK))
    dead: dict[int, Mask] = {}
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        code = root.OperatorCodes(operator.OpcodeIndex())
        builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if builtin in _CALLS:
            total[WORK.index("op")] += 1
        elif builtin in _KINDS:
            total += _op_work(root, graph, operator, _KINDS[builtin], dead if drops_dead else None)
        else:
            raise ValueError(
                f"op {index} is builtin operator {builtin}, whose work is not counted here: add it"
            )
    return total


def _op_work(root: Any, graph: Any, operator: Any, kind: OpKind, dead: dict[int, Mask] | None) -> Floats:  # noqa: ANN401
    first, last = operator.Inputs(0), operator.Outputs(0)
    read, written = _shape(graph.Tensors(first)), _shape(graph.Tensors(last))
    kernel = (1, 1)
    if kind in (OpKind.CONV, OpKind.DEPTHWISE_CONV):
        kernel = tuple(graph.Tensors(operator.Inputs(1)).ShapeAsNumpy()[1:3].tolist())
    elif kind is OpKind.AVERAGE_POOL:
        kernel = (read[0], read[1])  # all of them pool the whole map
    if dead is not None and kind in (OpKind.CONV, OpKind.DEPTHWISE_CONV):
        unused = dead.get(first, np.zeros(read[2], dtype=np.bool_))
        zero = _zero_channels(root, graph.Tensors(operator.Inputs(1))) if kind is OpKind.CONV else unused
        dead[last] = zero
        read, written = _without(read, unused), _without(written, zero)
    return amounts(Geometry(kind, read, written, kernel))


def _zero_channels(root: Any, weights: Any) -> Mask:  # noqa: ANN401
    """Which output channels of a convolution have no weight other than zero."""
    codes = root.Buffers(weights.Buffer()).DataAsNumpy().view(np.int8)
    return ~codes.reshape(weights.Shape(0), -1).any(axis=1)


def _without(shape: Shape, mask: Mask) -> Shape:
    return shape[0], shape[1], int((~mask).sum())


def _shape(tensor: Any) -> Shape:  # noqa: ANN401
    extents = [int(extent) for extent in tensor.ShapeAsNumpy()]
    return (1, 1, extents[-1]) if len(extents) < 4 else (extents[1], extents[2], extents[3])
