from __future__ import annotations

import pytest

from search_spaces.graph import Graph, Op, OpKind, Tensor, WeightRef, same_padding

INPUT = Tensor("input", (4, 4, 2))
POOL = Op("pool", OpKind.GLOBAL_AVERAGE_POOL, ("input",), "pool:0", (4, 4))
LOGITS = Op("logits", OpKind.FULLY_CONNECTED, ("pool:0",), "logits:0", weight=WeightRef("logits", (3, 2)))
TENSORS = {"input": INPUT, "pool:0": Tensor("pool:0", (1, 1, 2)), "logits:0": Tensor("logits:0", (1, 1, 3))}


def test_a_graph_knows_the_tensors_of_its_ops_and_its_output() -> None:
    graph = Graph(INPUT, (POOL, LOGITS), TENSORS)
    assert graph.output == TENSORS["logits:0"]
    assert graph.inputs_of(LOGITS) == (TENSORS["pool:0"],)
    assert graph.output_of(POOL) == TENSORS["pool:0"]


def test_an_op_that_reads_what_nothing_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="op logits reads pool:0, which no op before it writes"):
        Graph(INPUT, (LOGITS,), TENSORS)


def test_an_order_in_which_an_op_runs_before_its_input_is_refused() -> None:
    graph = Graph(INPUT, (POOL, LOGITS), TENSORS)
    with pytest.raises(ValueError, match="which no op before it writes"):
        graph.with_order((LOGITS, POOL))


def test_a_tensor_that_is_written_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="op pool writes pool:0, which is written already"):
        Graph(INPUT, (POOL, POOL), TENSORS)


def test_sizes_count_one_byte_an_element_and_weights_leave_biases_out() -> None:
    assert Tensor("x", (7, 5, 3)).size_bytes == 105
    assert WeightRef("w", (8, 4, 3, 5)).count == 8 * 4 * 3 * 5


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [
        (28, 3, 1, (1, 1)),  # 28 outputs: (28 - 1) + 3 - 28 = 2
        (28, 3, 2, (0, 1)),  # 14 outputs: 13 x 2 + 3 - 28 = 1, which goes to the end
        (7, 3, 2, (1, 1)),  # 4 outputs: 3 x 2 + 3 - 7 = 2
        (28, 5, 2, (1, 2)),  # 14 outputs: 13 x 2 + 5 - 28 = 3
        (4, 1, 2, (0, 0)),  # 2 outputs: 2 + 1 - 4 < 0
        (1, 7, 4, (3, 3)),  # 1 output: 0 + 7 - 1 = 6
    ],
)
def test_same_padding_puts_the_odd_zero_at_the_end(
    size: int, kernel: int, stride: int, padding: tuple[int, int]
) -> None:
    assert same_padding(size, kernel, stride) == padding
