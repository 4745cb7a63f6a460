from constraints.arena.layout import lay_out
from constraints.arena.liveness import alive_bytes
from constraints.arena.tail import tail_bytes
from constraints.arena.total import arena_bytes
from constraints.estimate import estimate
from constraints.kernels import HOST
from constraints.target import load_target
from search_spaces.builder import GraphBuilder
from tests.graphs import random_network_graph


def test_a_cost_agrees_with_each_of_its_parts():
    graph = random_network_graph(3)
    cost, layout = estimate(graph, load_target("host")), lay_out(graph, HOST)
    assert cost.activations_bytes == layout.plan.head_bytes
    assert cost.ram_bytes == arena_bytes(graph, cost.activations_bytes) == layout.host_arena_bytes
    assert cost.peak_op == layout.peak_op
    assert cost.latency_ms is None


def test_the_arena_holds_head_and_tail():
    for seed in range(20):
        graph = random_network_graph(seed)
        head = lay_out(graph, HOST).plan.head_bytes
        assert arena_bytes(graph, head) >= head + tail_bytes(graph)


def test_kernels_that_need_scratch_memory_and_allow_no_overlap_need_a_larger_head():
    board = load_target("stm32f446")
    for seed in range(20):
        graph = random_network_graph(seed)
        on_board = lay_out(graph, board.kernels)
        assert estimate(graph, board).activations_bytes == max(alive_bytes(on_board.program))
        assert estimate(graph, board).activations_bytes >= lay_out(graph, HOST).plan.head_bytes


def test_pointers_of_half_the_size_leave_a_smaller_tail():
    graph = random_network_graph(5)
    assert tail_bytes(graph, 4) < tail_bytes(graph, 8)


def test_a_cost_is_that_of_the_order_with_the_least_memory():
    builder = GraphBuilder((4, 4, 4))
    wide = [builder.conv(builder.input, f"wide{side}", 16) for side in "ab"]
    first, second = (builder.conv(x, f"narrow{side}", 1) for x, side in zip(wide, "ab", strict=True))
    builder.add(first, second, "sum")
    # widea, narrowa, wideb, narrowb, of which each narrow one (16 B) lies over its wide one (256 B): beside
    # the wide one there are the input (64 B) and the other narrow one.
    assert estimate(builder.build(), load_target("host")).activations_bytes == 64 + 256 + 16
