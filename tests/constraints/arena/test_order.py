from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.arena.graph_program import program_of
from constraints.arena.layout import lay_out
from constraints.arena.order import has_choice, least_memory_order, lowest_peak_order
from constraints.arena.plan import plan
from constraints.kernels import HOST, KernelLibrary, Kernels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph
from tests.graphs import branching_graph, random_network_graph

APART = Kernels(KernelLibrary.OTHER)


def two_branches() -> Graph:
    """The input's (64 B) two wide maps (256 B each), each made narrow (16 B), then added: wide first, or in
    turn."""
    builder = GraphBuilder((4, 4, 4))
    wide = [builder.conv(builder.input, f"wide{side}", 16) for side in "ab"]
    first, second = (builder.conv(x, f"narrow{side}", 1) for x, side in zip(wide, "ab", strict=True))
    builder.add(first, second, "sum")
    return builder.build()


def peak_of(graph: Graph, order: tuple[int, ...]) -> int:
    """The peak of one order, by keeping the set of tensors that a later op still reads."""
    ops = [graph.ops[index] for index in order]
    alive = {graph.input.name}
    peak = 0
    for index, op in enumerate(ops):
        alive.add(op.output)
        peak = max(peak, sum(-(-graph.tensors[name].size_bytes // 16) * 16 for name in alive))
        read_later = {name for later in ops[index + 1 :] for name in later.inputs}
        alive = {name for name in alive if name in read_later or name == graph.output.name}
    return peak


def brute_force_peak(graph: Graph) -> int:
    last = len(graph.ops) - 1
    peaks: list[int] = []
    for front in permutations(range(last)):
        order = (*front, last)
        written = {graph.input.name}
        can_run = True
        for index in order:
            can_run = can_run and set(graph.ops[index].inputs) <= written
            written.add(graph.ops[index].output)
        if can_run:
            peaks.append(peak_of(graph, order))
    return min(peaks)


def test_branches_run_one_after_the_other():
    # As given: widea, wideb and the input: 64 + 256 + 256 = 576 B. In turn: wideb beside the input and
    # narrowa: 64 + 16 + 256 = 336 B (narrowb beside narrowa and wideb: 16 + 256 + 16 = 288 B). What a piece
    # with branches begins with is kept to its end, so that both plans have another 16 B for a narrow one.
    given = program_of(two_branches(), APART)
    ordered = least_memory_order(given)
    assert [step.name for step in ordered.steps] == ["widea", "narrowa", "wideb", "narrowb", "sum"]
    assert plan(given).head_bytes == 592
    assert plan(ordered).head_bytes == 352


def test_the_given_order_stays_where_the_search_may_not_look_far_enough():
    given = program_of(two_branches(), APART)
    assert lowest_peak_order(given, most_sets=2) is None
    assert least_memory_order(given, most_sets=2) is given


@pytest.mark.parametrize("seed", range(20))
def test_networks_of_our_blocks_have_one_order(seed: int):
    graph = random_network_graph(seed)
    assert not has_choice(program_of(graph, HOST))
    assert lay_out(graph, HOST).graph is graph


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_the_order_found_is_the_best_of_all_orders(seed: int):
    graph = branching_graph(seed, 7)
    order = lowest_peak_order(program_of(graph, APART))
    assert order is not None
    assert peak_of(graph, order) == brute_force_peak(graph)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([HOST, APART]))
def test_reordering_never_costs_memory_and_keeps_the_output(seed: int, kernels: Kernels):
    graph = branching_graph(seed, 9)
    layout = lay_out(graph, kernels)
    assert layout.plan.head_bytes <= plan(program_of(graph, kernels)).head_bytes
    assert layout.graph.output == graph.output
