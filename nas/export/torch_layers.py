"""What each weighted op becomes among the layers of an exported torch module."""

from __future__ import annotations

from nas.export.python_source import pair
from search_spaces.graph import Graph, Op, OpKind, Pair, UnsupportedOp, same_padding

SAME_CONV = '''class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME rule has it: the odd zero stands at the bottom, or right."""

    def forward(self, x: Tensor) -> Tensor:
        """Pads and convolves."""
        padding = []
        for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride, strict=True):
            zeros = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding = [zeros // 2, zeros - zeros // 2, *padding]
        return super().forward(F.pad(x, padding))
'''


def padding_of(graph: Graph, op: Op) -> tuple[Pair, Pair]:
    """Padding (top, left) and (bottom, right) of the map that an op reads."""
    height, width, _ = graph.tensors[op.inputs[0]].shape
    top, bottom = same_padding(height, op.kernel[0], op.stride[0])
    left, right = same_padding(width, op.kernel[1], op.stride[1])
    return (top, left), (bottom, right)


def is_lopsided(graph: Graph, op: Op) -> bool:
    """Whether an op is a convolution that torch's own symmetric padding cannot express."""
    before, after = padding_of(graph, op)
    return op.kind in (OpKind.CONV, OpKind.DEPTHWISE_CONV) and before != after


def layer(graph: Graph, op: Op) -> tuple[str, list[str]]:
    """The class of a weighted op's layer and the arguments it is made with.

    Raises:
        UnsupportedOp: the op has weights and no layer here.
    """
    match op.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            return _convolution(graph, op)
        case OpKind.FULLY_CONNECTED:
            return "nn.Linear", [str(extent) for extent in reversed(_weight_shape(op))]
        case _:
            raise UnsupportedOp(f"op {op.name} ({op.kind}) has weights and no torch layer to hold them")


def _convolution(graph: Graph, op: Op) -> tuple[str, list[str]]:
    channels = graph.tensors[op.inputs[0]].shape[2]
    arguments = [str(channels), str(_weight_shape(op)[0]), pair(op.kernel)]
    if op.stride != (1, 1):
        arguments.append(f"stride={pair(op.stride)}")
    before, _ = padding_of(graph, op)
    if before != (0, 0) and not is_lopsided(graph, op):
        arguments.append(f"padding={pair(before)}")
    if op.kind is OpKind.DEPTHWISE_CONV:
        arguments.append(f"groups={channels}")
    return ("SameConv2d" if is_lopsided(graph, op) else "nn.Conv2d"), arguments


def _weight_shape(op: Op) -> tuple[int, ...]:
    if op.weight is None:
        raise UnsupportedOp(f"op {op.name} ({op.kind}) needs weights and has none")
    return op.weight.shape
