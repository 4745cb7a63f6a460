import pytest

from constraints.training_memory import TrainingMemory, training_memory
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph


def small_graph() -> Graph:
    builder = GraphBuilder((4, 4, 3))
    x = builder.conv(builder.input, "stem", 4, (3, 3))
    y = builder.conv(x, "linear", 4, activation=Activation.NONE)
    x = builder.add(x, y, "sum", Activation.RELU)
    x = builder.max_pool(x, "pool", (2, 2))
    x = builder.global_average_pool(x, "mean")
    builder.fully_connected(x, "head", 10)
    return builder.build()


def test_memory_is_as_worked_out_by_hand():
    # Trained: stem 4*3*9 + 2*4 = 116, linear 4*4 + 2*4 = 24, head 10*4 + 10 = 50: 190. Statistics: 2*4 + 2*4
    # = 16. Kept a sample, in floats: input 48, stem before batch norm 64, stem after ReLU 64 (read by
    # linear), linear before batch norm 64, sum after ReLU 64, mean 4 (read by head); and the pool's 2*2*4
    # indices of 8 bytes.
    kept = 4 * (48 + 64 + 64 + 64 + 64 + 4) + 8 * 16
    assert training_memory(small_graph(), 1) == TrainingMemory(4 * 206, 4 * 190, 4 * 190, kept)
    assert training_memory(small_graph(), 32).activations_bytes == 32 * kept


def test_total_is_the_sum_of_its_parts():
    memory = training_memory(small_graph(), 8)
    assert memory.total_bytes == 4 * 206 + 2 * 4 * 190 + memory.activations_bytes


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="at least 1 sample, got 0"):
        training_memory(small_graph(), 0)
