import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from nas.networks.execute import activated, convolve, run_graph
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph, Op, OpKind, Tensor, UnsupportedOp


def brute_force(x: np.ndarray, weight: np.ndarray, stride: tuple[int, int], groups: int) -> np.ndarray:
    """A convolution by its definition: output (i, j) looks at the window that begins at i * stride - before.

    TensorFlow's SAME rule: ceil(size / stride) outputs, half of the missing pixels (rounded down) before.
    """
    batch, _, height, width = x.shape
    out_channels, in_channels, tall, wide = weight.shape
    rows, columns = math.ceil(height / stride[0]), math.ceil(width / stride[1])
    top = max((rows - 1) * stride[0] + tall - height, 0) // 2
    left = max((columns - 1) * stride[1] + wide - width, 0) // 2
    y = np.zeros((batch, out_channels, rows, columns))
    for o, i, j, c, a, b in itertools.product(
        *map(range, (out_channels, rows, columns, in_channels, tall, wide))
    ):
        row, column = i * stride[0] - top + a, j * stride[1] - left + b
        if 0 <= row < height and 0 <= column < width:
            source = c + o // (out_channels // groups) * in_channels
            y[:, o, i, j] += x[:, source, row, column] * weight[o, c, a, b]
    return y


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 5), (7, 7), (3, 1), (7, 1), (1, 5)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 1), (4, 1)])
@pytest.mark.parametrize("size", [(5, 6), (8, 1), (9, 7)])
def test_a_convolution_equals_its_definition(
    kernel: tuple[int, int], stride: tuple[int, int], size: tuple[int, int]
):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, *size))
    dense, deep = rng.normal(size=(4, 3, *kernel)), rng.normal(size=(3, 1, *kernel))
    for kind, weight, groups in ((OpKind.CONV, dense, 1), (OpKind.DEPTHWISE_CONV, deep, 3)):
        op = Op("op", kind, ("x",), "y", kernel, stride)
        y = convolve(op, torch.from_numpy(x), torch.from_numpy(weight))
        np.testing.assert_allclose(y.numpy(), brute_force(x, weight, stride, groups), atol=1e-12)


@pytest.mark.parametrize("window", [(2, 2), (3, 3), (4, 4), (2, 1), (1, 3)])
@pytest.mark.parametrize("size", [(4, 5), (7, 10), (9, 1), (2, 3)])
def test_a_pool_looks_at_the_windows_of_tensorflow(window: tuple[int, int], size: tuple[int, int]):
    builder = GraphBuilder((*size, 2))
    most = builder.max_pool(builder.input, "max", window)
    builder.add(most, builder.average_pool(builder.input, "mean", window), "sum")
    x = np.random.default_rng(0).normal(size=(3, 2, *size)) - 5.0
    seen: dict[str, np.ndarray] = {}

    def observe(name: str, value: torch.Tensor) -> torch.Tensor:
        seen[name] = value.numpy()
        return value

    run_graph(builder.build(), torch.from_numpy(x), no_weights, observe)
    rows, columns = (math.ceil(extent / step) for extent, step in zip(size, window, strict=True))
    top, left = (
        (count * step - extent) // 2
        for count, step, extent in zip((rows, columns), window, size, strict=True)
    )
    assert seen["max:0"].shape == seen["mean:0"].shape == (3, 2, rows, columns)
    for i, j in itertools.product(range(rows), range(columns)):
        row, column = i * window[0] - top, j * window[1] - left
        part = x[:, :, max(row, 0) : row + window[0], max(column, 0) : column + window[1]]
        np.testing.assert_allclose(seen["max:0"][:, :, i, j], part.max((2, 3)))
        np.testing.assert_allclose(seen["mean:0"][:, :, i, j], part.mean((2, 3)))


def no_weights(op: Op, x: torch.Tensor) -> torch.Tensor:
    raise AssertionError(f"{op.name} has no weights, but was asked for its product with {x.shape}")


class HandWritten(nn.Module):
    """What `hand_written_graph` describes; the zeros of TensorFlow's SAME rule are worked out by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2)
        self.deep = nn.Conv2d(4, 4, (5, 3), stride=(2, 1), groups=4)
        self.point = nn.Conv2d(4, 4, 1)
        self.residual = nn.Conv2d(4, 4, 3, padding=1)
        self.classify = nn.Linear(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # 9 rows, 3 x 3, stride 2: 5 outputs reach over 4 * 2 + 3 = 11 rows, 1 zero on either side.
        # 8 columns: 4 outputs reach over 3 * 2 + 3 = 9, 1 zero on the right alone.
        x = functional.relu(self.stem(functional.pad(x, (0, 1, 1, 1))))
        # 5 rows, 5 high, stride 2: 3 outputs reach over 9, 2 on either side; 4 columns, 3 wide: 1 and 1.
        x = functional.relu(self.deep(functional.pad(x, (1, 1, 2, 2))))
        x = self.point(x)
        x = functional.relu(x + self.residual(x))
        # 3 x 4 in windows of 2 x 2: the second row of windows holds one row.
        x = torch.cat([functional.max_pool2d(x[:, :, :2], 2), functional.max_pool2d(x[:, :, 2:], (1, 2))], 2)
        return self.classify(x.mean((2, 3)))


def hand_written_graph() -> Graph:
    builder = GraphBuilder((9, 8, 3))
    x = builder.conv(builder.input, "stem", 4, (3, 3), (2, 2))
    x = builder.depthwise(x, "deep", (5, 3), (2, 1))
    x = builder.conv(x, "point", 4, activation=Activation.NONE)
    y = builder.conv(x, "residual", 4, (3, 3), activation=Activation.NONE)
    x = builder.add(x, y, "sum", Activation.RELU)
    x = builder.max_pool(x, "pool", (2, 2))
    builder.fully_connected(builder.global_average_pool(x, "mean"), "classify", 6)
    return builder.build()


def test_a_graph_computes_what_a_network_written_by_hand_does():
    torch.manual_seed(0)
    network, graph = HandWritten().double(), hand_written_graph()
    layers = dict(network.named_children())

    def weighted(op: Op, x: torch.Tensor) -> torch.Tensor:
        layer = layers[op.name]
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        return activated(op, convolve(op, x, layer.weight, layer.bias))

    images = torch.randn(7, 3, 9, 8, dtype=torch.float64)
    with torch.no_grad():
        logits = run_graph(graph, images, weighted)
        assert logits.shape == (7, 6)
        torch.testing.assert_close(logits, network(images), rtol=0, atol=1e-12)


def test_what_observes_a_tensor_also_replaces_it_from_the_input_to_the_logits():
    graph, seen = hand_written_graph(), list[str]()

    def weighted(op: Op, x: torch.Tensor) -> torch.Tensor:
        assert op.weight is not None
        return convolve(op, x, torch.ones(op.weight.shape))

    def zero(name: str, value: torch.Tensor) -> torch.Tensor:
        seen.append(name)
        return torch.zeros_like(value)

    assert run_graph(graph, torch.ones(1, 3, 9, 8), weighted).abs().min() > 0
    assert run_graph(graph, torch.ones(1, 3, 9, 8), weighted, zero).abs().max() == 0
    assert seen == ["input", *(op.output for op in graph.ops)]


def test_a_fully_connected_layer_reads_a_map_as_it_lies_in_the_device_s_memory():
    builder = GraphBuilder((2, 1, 2))
    builder.fully_connected(builder.input, "op", 1)
    # Row by row, channels innermost: 1, 2, then 3, 4. 1 * 1000 + 2 * 100 + 3 * 10 + 4 = 1234.
    image = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]]).permute(2, 0, 1)[None]
    weight = torch.tensor([[1000.0, 100.0, 10.0, 1.0]])
    assert run_graph(builder.build(), image, lambda op, x: convolve(op, x, weight)).tolist() == [[1234.0]]


def test_a_map_as_output_is_flattened_in_the_device_s_order():
    builder = GraphBuilder((2, 1, 2))
    builder.max_pool(builder.input, "op", (1, 1))
    image = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]]).permute(2, 0, 1)[None]
    assert run_graph(builder.build(), image, no_weights).tolist() == [[1.0, 2.0, 3.0, 4.0]]


def test_an_op_without_a_rule_is_refused():
    tensors = {name: Tensor(name, (2, 2, 1)) for name in ("x", "y")}
    graph = Graph(tensors["x"], (Op("op", OpKind.CONV, ("x",), "y"),), tensors)
    with pytest.raises(UnsupportedOp, match=r"op \(conv\) has no weights and no rule"):
        run_graph(graph, torch.ones(1, 1, 2, 2), no_weights)


def test_a_pool_whose_windows_overlap_is_refused():
    tensors = {name: Tensor(name, (2, 2, 1)) for name in ("x", "y")}
    graph = Graph(tensors["x"], (Op("op", OpKind.MAX_POOL, ("x",), "y", (2, 2), (1, 1)),), tensors)
    with pytest.raises(UnsupportedOp, match=r"must move by its window \(2, 2\), got stride \(1, 1\)"):
        run_graph(graph, torch.ones(1, 1, 2, 2), no_weights)
