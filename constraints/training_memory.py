"""Bytes that training a network takes, in float32 with batch norm and SGD with momentum.

Weights, their gradients and momentum, and what the backward pass of a batch reads again: a convolution reads
its input, batch norm its own input, ReLU its output, max pool the place of every maximum (an 8-byte index, as
torch keeps it); sums and means read nothing. A tensor that several read is kept once. Source of the account:
Sohoni et al. 2019, Low-memory neural network training, section 2. Left out: workspaces of the kernels,
gradients of activations (freed as the backward pass goes), and the framework itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces.graph import Activation, Graph, Op, OpKind, UnsupportedOp

FLOAT_BYTES = 4
INDEX_BYTES = 8


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes by what they are for; `activations_bytes` is that of the whole batch."""

    weights_bytes: int
    gradients_bytes: int
    momentum_bytes: int
    activations_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.weights_bytes + self.gradients_bytes + self.momentum_bytes + self.activations_bytes


def training_memory(graph: Graph, batch: int) -> TrainingMemory:
    """What training `graph` with batches of `batch` samples takes.

    Raises:
        ValueError: the batch is empty.
        UnsupportedOp: an op is met whose backward pass is not known.
    """
    if batch < 1:
        raise ValueError(f"a batch must hold at least 1 sample, got {batch}: enlarge it")
    trained = sum(_trained_parameters(op) for op in graph.ops)
    statistics = sum(
        2 * op.weight.shape[0] for op in graph.ops if op.weight and op.kind is not OpKind.FULLY_CONNECTED
    )
    return TrainingMemory(
        weights_bytes=FLOAT_BYTES * (trained + statistics),
        gradients_bytes=FLOAT_BYTES * trained,
        momentum_bytes=FLOAT_BYTES * trained,
        activations_bytes=batch * _kept_bytes(graph),
    )


def _trained_parameters(op: Op) -> int:
    """Weights, and a bias or batch norm's scale and shift a channel."""
    if op.weight is None:
        return 0
    per_channel = 1 if op.kind is OpKind.FULLY_CONNECTED else 2
    return op.weight.count + per_channel * op.weight.shape[0]


def _kept_bytes(graph: Graph) -> int:
    """What one sample leaves for the backward pass."""
    kept: set[str] = set()
    extra = 0
    for op in graph.ops:
        written = graph.output_of(op).size_bytes
        match op.kind:
            case OpKind.CONV | OpKind.DEPTHWISE_CONV:
                kept.update(op.inputs)
                extra += FLOAT_BYTES * written
            case OpKind.FULLY_CONNECTED:
                kept.update(op.inputs)
            case OpKind.MAX_POOL:
                extra += INDEX_BYTES * written
            case OpKind.ADD | OpKind.AVERAGE_POOL | OpKind.GLOBAL_AVERAGE_POOL:
                pass
            case _:
                raise UnsupportedOp(f"op {op.name} is a {op.kind}, whose backward pass is not known")
        if op.activation is Activation.RELU:
            kept.add(op.output)
    return extra + FLOAT_BYTES * sum(graph.tensors[name].size_bytes for name in kept)
