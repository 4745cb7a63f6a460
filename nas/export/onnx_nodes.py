"""The nodes and constants of an ONNX graph in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nas.export.onnx_operators import Attribute


class OnnxNodes:
    """Collects nodes and constants; each method returns the name of the tensor it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._names: set[str] = set()

    def node(
        self, kind: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Attribute] | None = None
    ) -> str:
        """An operator that writes the tensor `output`, after which it is named."""
        node = helper.make_node(kind, inputs, [output], name=output)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in (attributes or {}).items())
        self.nodes.append(node)
        return output

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """A constant; the second one of a name is the first."""
        if name not in self._names:
            self._names.add(name)
            self.constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def dequantized_constant(
        self, name: str, codes: NDArray[np.int8] | NDArray[np.int32], scales: NDArray[np.float32]
    ) -> str:
        """Symmetric codes as reals: (out,) scales go along their first axis, a single one stands for all."""
        scales = scales if len(scales) == len(codes) else scales.reshape(())
        inputs = [
            self.constant(f"{name}/codes", codes),
            self.constant(f"{name}/scale", scales),
            self.constant(f"{name}/zero_point", np.zeros(scales.shape, dtype=codes.dtype)),
        ]
        return self.node("DequantizeLinear", inputs, name, {"axis": 0} if scales.shape else None)
