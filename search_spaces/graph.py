"""A network, described once: what it costs, how it trains and what is exported are read off a `Graph`.

Shapes are (height, width, channels) throughout; the batch is not part of the description.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Shape = tuple[int, int, int]
Pair = tuple[int, int]


class OpKind(StrEnum):
    """Every operation a network of ours can hold; a walker that meets another one raises."""

    CONV = "conv"
    DEPTHWISE_CONV = "depthwise_conv"
    FULLY_CONNECTED = "fully_connected"
    ADD = "add"
    MAX_POOL = "max_pool"
    AVERAGE_POOL = "average_pool"
    GLOBAL_AVERAGE_POOL = "global_average_pool"


class Activation(StrEnum):
    """What is applied to an op's output before it is stored."""

    NONE = "none"
    RELU = "relu"


class UnsupportedOp(ValueError):
    """A walker met an op that it does not know; it must never cost zero."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An activation of one sample, int8 when deployed."""

    name: str
    shape: Shape

    @property
    def size_bytes(self) -> int:
        """Bytes at deployment: one per element."""
        height, width, channels = self.shape
        return height * width * channels


@dataclass(frozen=True, slots=True)
class WeightRef:
    """The slot of shared weights that an op reads, and the shape it takes of it.

    `shape` is (out, in, kernel height, kernel width) for a convolution, (channels, 1, kernel height,
    kernel width) for a depthwise one and (out, in) for a fully connected layer. Of a larger slot an op
    takes the leading channels and the centre of the kernel (Cai et al. 2020, Once-for-all, section 3.3).
    """

    slot: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many weights the op owns, its biases left out."""
        product = 1
        for extent in self.shape:
            product *= extent
        return product


@dataclass(frozen=True, slots=True)
class Op:
    """One operation; `output` names the tensor it writes. Padding is TensorFlow's SAME rule."""

    name: str
    kind: OpKind
    inputs: tuple[str, ...]
    output: str
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    activation: Activation = Activation.NONE
    weight: WeightRef | None = None


@dataclass(frozen=True)
class Graph:
    """A network: one input, ops in an order in which they can run, one output (the last op's).

    Raises:
        ValueError: an op reads a tensor that nothing wrote before it, or a tensor is written twice.
    """

    input: Tensor
    ops: tuple[Op, ...]
    tensors: dict[str, Tensor]

    def __post_init__(self) -> None:
        written = {self.input.name}
        for op in self.ops:
            for name in op.inputs:
                if name not in written:
                    raise ValueError(f"op {op.name} reads {name}, which no op before it writes")
            if op.output in written:
                raise ValueError(f"op {op.name} writes {op.output}, which is written already")
            written.add(op.output)

    @cached_property
    def output(self) -> Tensor:
        """What the last op writes: the logits, (1, 1, classes)."""
        return self.tensors[self.ops[-1].output]

    def inputs_of(self, op: Op) -> tuple[Tensor, ...]:
        """The tensors an op reads, in its order."""
        return tuple(self.tensors[name] for name in op.inputs)

    def output_of(self, op: Op) -> Tensor:
        """The tensor an op writes."""
        return self.tensors[op.output]

    def with_order(self, ops: Iterable[Op]) -> Graph:
        """The same network with its ops run in another order."""
        return Graph(self.input, tuple(ops), self.tensors)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after one axis under TensorFlow's SAME rule, the odd one at the end.

    Source: TensorFlow API, tf.nn, "Notes on padding".
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
