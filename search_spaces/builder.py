"""Writes a `Graph` op by op: shapes follow from what is called, so that no block computes one itself."""

from __future__ import annotations

from search_spaces.graph import Activation, Graph, Op, OpKind, Pair, Shape, Tensor, WeightRef


class GraphBuilder:
    """Collects ops; each method takes tensors and returns the tensor it made.

    `slot` names the shared weights that a weighted op reads, e.g. `stage2.block1.inverted_residual.expand`;
    it is the op's name as well.
    """

    def __init__(self, input_shape: Shape) -> None:
        self.input = Tensor("input", input_shape)
        self._ops: list[Op] = []
        self._tensors: dict[str, Tensor] = {"input": self.input}

    def conv(
        self,
        x: Tensor,
        slot: str,
        channels: int,
        kernel: Pair = (1, 1),
        stride: Pair = (1, 1),
        activation: Activation = Activation.RELU,
    ) -> Tensor:
        """A convolution over all channels, with batch norm when it trains."""
        weight = WeightRef(slot, (channels, x.shape[2], *kernel))
        shape = _strided(x.shape, stride, channels)
        return self._emit(slot, OpKind.CONV, (x,), shape, kernel, stride, activation, weight)

    def depthwise(
        self,
        x: Tensor,
        slot: str,
        kernel: Pair,
        stride: Pair = (1, 1),
        activation: Activation = Activation.RELU,
    ) -> Tensor:
        """A convolution of each channel by itself, with batch norm when it trains."""
        weight = WeightRef(slot, (x.shape[2], 1, *kernel))
        shape = _strided(x.shape, stride, x.shape[2])
        return self._emit(slot, OpKind.DEPTHWISE_CONV, (x,), shape, kernel, stride, activation, weight)

    def fully_connected(self, x: Tensor, slot: str, channels: int) -> Tensor:
        """A linear layer with bias over the flattened input."""
        weight = WeightRef(slot, (channels, x.size_bytes))
        return self._emit(slot, OpKind.FULLY_CONNECTED, (x,), (1, 1, channels), weight=weight)

    def add(self, a: Tensor, b: Tensor, name: str, activation: Activation = Activation.NONE) -> Tensor:
        """The sum of two tensors of one shape.

        Raises:
            ValueError: the shapes differ.
        """
        if a.shape != b.shape:
            raise ValueError(f"{name} adds tensors of one shape, got {a.shape} and {b.shape}")
        return self._emit(name, OpKind.ADD, (a, b), a.shape, activation=activation)

    def max_pool(self, x: Tensor, name: str, window: Pair) -> Tensor:
        """The largest value of each window; windows do not overlap."""
        shape = _strided(x.shape, window, x.shape[2])
        return self._emit(name, OpKind.MAX_POOL, (x,), shape, window, window)

    def average_pool(self, x: Tensor, name: str, window: Pair) -> Tensor:
        """The mean of each window, padding not counted; windows do not overlap."""
        shape = _strided(x.shape, window, x.shape[2])
        return self._emit(name, OpKind.AVERAGE_POOL, (x,), shape, window, window)

    def global_average_pool(self, x: Tensor, name: str) -> Tensor:
        """The mean over height and width."""
        return self._emit(name, OpKind.GLOBAL_AVERAGE_POOL, (x,), (1, 1, x.shape[2]), x.shape[:2])

    def build(self) -> Graph:
        """The graph so far; its output is what the last op wrote."""
        return Graph(self.input, tuple(self._ops), dict(self._tensors))

    def _emit(
        self,
        name: str,
        kind: OpKind,
        inputs: tuple[Tensor, ...],
        shape: Shape,
        kernel: Pair = (1, 1),
        stride: Pair = (1, 1),
        activation: Activation = Activation.NONE,
        weight: WeightRef | None = None,
    ) -> Tensor:
        output = Tensor(f"{name}:0", shape)
        names = tuple(tensor.name for tensor in inputs)
        self._ops.append(Op(name, kind, names, output.name, kernel, stride, activation, weight))
        self._tensors[output.name] = output
        return output


def _strided(shape: Shape, stride: Pair, channels: int) -> Shape:
    return -(-shape[0] // stride[0]), -(-shape[1] // stride[1]), channels
