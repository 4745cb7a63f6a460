"""What each op of a graph is among ONNX's operators, opset 20."""

from __future__ import annotations

from search_spaces.graph import Graph, Op, OpKind, UnsupportedOp, same_padding

Attribute = int | list[int]


def operator_of(graph: Graph, op: Op) -> tuple[str, dict[str, Attribute]]:
    """The operator's type and attributes; padding is spelled out, and counts in no pool.

    Raises:
        UnsupportedOp: the op has no ONNX operator here.
    """
    match op.kind:
        case OpKind.CONV:
            return "Conv", _window(graph, op)
        case OpKind.DEPTHWISE_CONV:
            return "Conv", _window(graph, op) | {"group": graph.tensors[op.inputs[0]].shape[2]}
        case OpKind.FULLY_CONNECTED:
            return "Gemm", {"transB": 1}
        case OpKind.ADD:
            return "Add", {}
        case OpKind.MAX_POOL:
            return "MaxPool", _window(graph, op)
        case OpKind.AVERAGE_POOL:
            return "AveragePool", _window(graph, op) | {"count_include_pad": 0}
        case OpKind.GLOBAL_AVERAGE_POOL:
            return "GlobalAveragePool", {}
        case _:
            raise UnsupportedOp(f"op {op.name} ({op.kind}) has no ONNX operator: teach the exporter")


def _window(graph: Graph, op: Op) -> dict[str, Attribute]:
    height, width, _ = graph.tensors[op.inputs[0]].shape
    top, bottom = same_padding(height, op.kernel[0], op.stride[0])
    left, right = same_padding(width, op.kernel[1], op.stride[1])
    return {
        "kernel_shape": list(op.kernel),
        "strides": list(op.stride),
        "pads": [top, left, bottom, right],
    }
