"""The statements of an exported torch module's `forward`, one an op.

Maps are (batch, channels, height, width); what linear layers alone read and write is (batch, channels).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

from nas.export.python_source import pair
from nas.export.torch_layers import padding_of
from search_spaces.graph import Activation, Graph, Op, OpKind, UnsupportedOp

VARIABLES = ("x", "y", "z")


def statements(graph: Graph, layers: dict[str, str]) -> list[tuple[Op, str]]:
    """Every op with the assignment that computes it, the last one with the return of its value.

    `layers` names the layers of weighted ops.
    """
    variables = name_variables(graph)
    values = [_value(graph, op, [variables[name] for name in op.inputs], layers) for op in graph.ops]
    lines = [(op, f"{variables[op.output]} = {value}") for op, value in zip(graph.ops, values, strict=True)]
    last, output = graph.ops[-1], graph.output.name
    if _is_flat(graph, output):
        return [*lines[:-1], (last, f"return {values[-1]}")]
    return [*lines, (last, f"return {_flattened(graph, output, variables[output])}")]


def name_variables(graph: Graph) -> dict[str, str]:
    """A variable for every tensor: the first one that holds nothing which is still to be read."""
    reads = Counter(name for op in graph.ops for name in op.inputs)
    variables = {graph.input.name: VARIABLES[0]}
    live = {VARIABLES[0]}
    for op in graph.ops:
        for name in op.inputs:
            reads[name] -= 1
            if reads[name] == 0:
                live.discard(variables[name])
        variables[op.output] = next(name for name in _names() if name not in live)
        live.add(variables[op.output])
    return variables


def _names() -> Iterator[str]:
    yield from VARIABLES
    yield from (f"x{number}" for number in count(1))


def _value(graph: Graph, op: Op, inputs: list[str], layers: dict[str, str]) -> str:
    linear = _expression(graph, op, inputs, layers)
    return f"F.relu({linear})" if op.activation is Activation.RELU else linear


def _expression(graph: Graph, op: Op, inputs: list[str], layers: dict[str, str]) -> str:
    match op.kind:
        case OpKind.CONV | OpKind.DEPTHWISE_CONV:
            return f"self.{layers[op.name]}({inputs[0]})"
        case OpKind.FULLY_CONNECTED:
            return f"self.{layers[op.name]}({_flattened(graph, op.inputs[0], inputs[0])})"
        case OpKind.ADD:
            return " + ".join(inputs)
        case OpKind.MAX_POOL:
            return f"F.max_pool2d({', '.join([inputs[0], *_window(graph, op)])})"
        case OpKind.AVERAGE_POOL:
            return f"F.avg_pool2d({', '.join([inputs[0], *_window(graph, op), *_uncounted(graph, op)])})"
        case OpKind.GLOBAL_AVERAGE_POOL:
            return f"{inputs[0]}.mean((2, 3){'' if _is_flat(graph, op.output) else ', keepdim=True'})"
        case _:
            raise UnsupportedOp(f"op {op.name} ({op.kind}) has no statement in torch: teach the exporter")


def _is_flat(graph: Graph, name: str) -> bool:
    """Whether a tensor has no height and width: a linear layer's output, or the mean of a map for one."""
    readers = [op.kind for op in graph.ops if name in op.inputs]
    writers = [op.kind for op in graph.ops if name == op.output]
    if writers == [OpKind.GLOBAL_AVERAGE_POOL]:
        return all(kind is OpKind.FULLY_CONNECTED for kind in readers)
    return writers == [OpKind.FULLY_CONNECTED]


def _flattened(graph: Graph, name: str, variable: str) -> str:
    """A tensor as (batch, features); a map in the device's order: height, width, channels."""
    if _is_flat(graph, name):
        return variable
    is_point = graph.tensors[name].shape[:2] == (1, 1)
    return f"{variable}.flatten(1)" if is_point else f"{variable}.permute(0, 2, 3, 1).flatten(1)"


def _window(graph: Graph, op: Op) -> list[str]:
    """A pool's window, and how the windows at the border lie.

    They do not overlap, and of n padding pixels n // 2 stand before the map: what torch pads, and `ceil_mode`
    for the rest, is TensorFlow's SAME rule.
    """
    if op.stride != op.kernel:
        raise UnsupportedOp(f"pool {op.name} must move by its window {op.kernel}, got stride {op.stride}")
    before, after = padding_of(graph, op)
    arguments = [pair(op.kernel)]
    if before != (0, 0):
        arguments.append(f"padding={pair(before)}")
    return [*arguments, "ceil_mode=True"] if after != (0, 0) else arguments


def _uncounted(graph: Graph, op: Op) -> list[str]:
    return ["count_include_pad=False"] if padding_of(graph, op)[1] != (0, 0) else []
