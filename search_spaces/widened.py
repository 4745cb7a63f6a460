"""The same network with more channels."""

from __future__ import annotations

from dataclasses import replace

from search_spaces.graph import Graph, Op, OpKind, Tensor, WeightRef

MIXING = {OpKind.CONV, OpKind.FULLY_CONNECTED}
"""Ops whose outputs may have other channels than their inputs."""


def widened(graph: Graph, factor: int) -> Graph:
    """`graph` with `factor` times the channels everywhere but in its input and its output.

    Sizes of maps and kernels stay: MACs and parameters grow by about the square of `factor`.
    """
    kept = _kept(graph)
    tensors = {
        name: tensor if name in kept else Tensor(name, (*tensor.shape[:2], tensor.shape[2] * factor))
        for name, tensor in graph.tensors.items()
    }
    ops = tuple(replace(op, weight=_weight(op, tensors)) for op in graph.ops)
    return Graph(graph.input, ops, tensors)


def _kept(graph: Graph) -> set[str]:
    """The tensors that have as many channels as the input or the output because ops tie them to it."""
    kept = {graph.input.name, graph.output.name}
    before = 0
    while before < len(kept):
        before = len(kept)
        for op in graph.ops:
            tied = {op.output, *op.inputs}
            if op.kind not in MIXING and tied & kept:
                kept |= tied
    return kept


def _weight(op: Op, tensors: dict[str, Tensor]) -> WeightRef | None:
    if op.weight is None:
        return None
    read, written = tensors[op.inputs[0]], tensors[op.output].shape[2]
    if op.kind is OpKind.FULLY_CONNECTED:
        return WeightRef(op.weight.slot, (written, read.size_bytes))
    inputs = read.shape[2] if op.kind is OpKind.CONV else 1
    return WeightRef(op.weight.slot, (written, inputs, *op.kernel))
