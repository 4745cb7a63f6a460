"""What one op does, in shapes: all that its work, its memory and its time depend on.

Read off a `Graph` here; the reader of foreign model files makes the same of theirs. Shapes are (height,
width, channels).
"""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces.graph import Graph, Op, OpKind, Pair, Shape, same_padding


@dataclass(frozen=True, slots=True)
class Geometry:
    """Shapes of an op's first input and its output, its window, and the zeros above and left of the input.

    `inputs` counts the activations that it reads.
    """

    kind: OpKind
    input: Shape
    output: Shape
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    inputs: int = 1

    @property
    def input_bytes(self) -> int:
        """Bytes of the first input, one an element."""
        return _count(self.input)

    @property
    def output_bytes(self) -> int:
        """Bytes of the output, one an element."""
        return _count(self.output)


def geometry_of(graph: Graph, op: Op) -> Geometry:
    """The geometry of an op of a graph."""
    first, output = graph.tensors[op.inputs[0]].shape, graph.tensors[op.output].shape
    kernel, stride = op.kernel, op.stride
    if op.kind is OpKind.GLOBAL_AVERAGE_POOL:
        stride = kernel
    padding = (
        same_padding(first[0], kernel[0], stride[0])[0],
        same_padding(first[1], kernel[1], stride[1])[0],
    )
    return Geometry(op.kind, first, output, kernel, stride, padding, inputs=len(op.inputs))


def _count(shape: Shape) -> int:
    height, width, channels = shape
    return height * width * channels
