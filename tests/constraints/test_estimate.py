from constraints.arena.liveness import alive_bytes, lifetimes, peak_op
from constraints.arena.placement import place
from constraints.arena.tail import tail_bytes
from constraints.arena.total import arena_bytes
from constraints.estimate import estimate
from constraints.target import load_target
from search_spaces.builder import GraphBuilder
from tests.graphs import random_network_graph


def test_a_cost_agrees_with_each_of_its_parts():
    graph = random_network_graph(3)
    cost = estimate(graph, load_target("host"))
    assert cost.activations_bytes == place(lifetimes(graph)).head_bytes
    assert cost.ram_bytes == arena_bytes(graph, cost.activations_bytes)
    assert cost.peak_op == peak_op(graph)
    assert cost.latency_ms is None


def test_the_arena_holds_head_and_tail():
    for seed in range(20):
        graph = random_network_graph(seed)
        head = place(lifetimes(graph)).head_bytes
        assert max(alive_bytes(graph)) <= head
        assert arena_bytes(graph, head) >= head + tail_bytes(graph)


def test_a_cost_is_that_of_the_order_with_the_least_memory():
    builder = GraphBuilder((4, 4, 4))
    wide = [builder.conv(builder.input, f"wide{side}", 16) for side in "ab"]
    first, second = (builder.conv(x, f"narrow{side}", 1) for x, side in zip(wide, "ab", strict=True))
    builder.add(first, second, "sum")
    # widea, narrowa, wideb: the input's 64 B, narrowa's 16 B and wideb's 256 B.
    assert estimate(builder.build(), load_target("host")).activations_bytes == 336
