import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.arena.chain import chain_of, pieces_of
from constraints.arena.checker import check_placement
from constraints.arena.fit import improve
from constraints.arena.graph_program import program_of
from constraints.arena.layout import lay_out
from constraints.arena.liveness import aligned, alive_bytes, lifetimes
from constraints.arena.occupancy import occupied_bytes, peak_step
from constraints.arena.placement import place
from constraints.arena.plan import closest_plan, plan
from constraints.arena.program import Program, Step
from constraints.arena.segments import Hop, head_bytes
from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph, Tensor
from search_spaces.lowering import lower
from tests.graphs import branching_graph, random_network_graph
from tests.kernel_order import runs_unspoilt
from tests.own_space import space as own_space

OTHER = Kernels(KernelLibrary.OTHER)
CORTEX_M4 = Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)


def greedy_bytes(program: Program) -> int:
    return place(lifetimes(program)).head_bytes


def small_network(seed: int) -> Graph:
    """Convolutions, pools and residual blocks over a map small enough to be followed byte by byte."""
    rng = random.Random(seed)
    builder = GraphBuilder((rng.randint(3, 6), rng.randint(3, 6), rng.randint(1, 4)))
    x = builder.input
    for number in range(rng.randint(2, 5)):
        x = _block(builder, x, f"b{number}", rng)
    x = builder.global_average_pool(x, "pool")
    builder.fully_connected(x, "classify", rng.randint(2, 20))
    return builder.build()


def _block(builder: GraphBuilder, x: Tensor, name: str, rng: random.Random) -> Tensor:
    kernel = rng.choice(((1, 1), (3, 3), (3, 1)))
    match rng.randrange(5):
        case 0:
            return builder.max_pool(x, name, (2, 2))
        case 1:
            return builder.conv(x, name, rng.choice((2, 8, 24)), kernel, rng.choice(((1, 1), (2, 2))))
        case 2:
            return builder.depthwise(x, name, kernel, rng.choice(((1, 1), (2, 2))))
        case 3:
            y = builder.conv(x, f"{name}.expand", 3 * x.shape[2])
            y = builder.depthwise(y, f"{name}.depthwise", kernel)
            y = builder.conv(y, f"{name}.project", x.shape[2], activation=Activation.NONE)
            return builder.add(x, y, f"{name}.add")
        case _:
            near, far = (builder.depthwise(x, f"{name}.{k}", (k, k)) for k in (1, 3))
            both = builder.add(near, far, f"{name}.both")
            return builder.add(both, x, f"{name}.add")


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.integers(0, 100_000))
def test_no_byte_is_read_after_it_was_written_over(seed: int):
    layout = lay_out(small_network(seed), HOST)
    check_placement(layout.program, layout.plan.offsets, layout.plan.head_bytes)
    assert runs_unspoilt(layout.graph, layout.plan.offsets)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 100_000), st.sampled_from([HOST, OTHER, CORTEX_M4]))
def test_every_plan_passes_the_checker(seed: int, kernels: Kernels):
    program = program_of(random_network_graph(seed), kernels)
    planned = plan(program)
    check_placement(program, planned.offsets, planned.head_bytes)
    assert planned.tensors_bytes <= planned.head_bytes


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 100_000))
def test_a_graph_with_branches_is_planned_soundly(seed: int):
    layout = lay_out(branching_graph(seed, 8), HOST)
    check_placement(layout.program, layout.plan.offsets, layout.plan.head_bytes)
    assert runs_unspoilt(layout.graph, layout.plan.offsets)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 100_000))
def test_a_plan_is_never_larger_than_the_runtimes_own(seed: int):
    program = program_of(random_network_graph(seed), HOST)
    assert plan(program).head_bytes <= greedy_bytes(program)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 100_000))
def test_without_overlaps_a_network_takes_what_is_alive_at_its_peak(seed: int):
    program = program_of(random_network_graph(seed), OTHER)
    assert plan(program).head_bytes == max(alive_bytes(program))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 100_000))
def test_scratch_memory_finds_its_place_between_the_planned_tensors(seed: int):
    """As the runtime places it: first fit, around the offsets that it was given."""
    program = program_of(random_network_graph(seed), CORTEX_M4)
    planned = plan(program)
    used = planned.tensors_bytes
    for index, step in enumerate(program.steps):
        alive = [buffer for buffer in lifetimes(program) if buffer.first <= index <= buffer.last]
        taken = sorted((planned.offsets[b.name], b.size_bytes) for b in alive if b.name in planned.offsets)
        for size in step.scratch_bytes:
            start = 0
            for offset, length in taken:
                if offset - start >= aligned(size):
                    break
                start = max(start, offset + length)
            taken = sorted([*taken, (start, aligned(size))])
            used = max(used, start + aligned(size))
    assert used <= planned.head_bytes


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.integers(0, 100_000))
def test_trying_many_orders_finds_no_smaller_plan(seed: int):
    program = program_of(small_network(seed), HOST)
    pieces = pieces_of(program.sizes, program.steps, program.inputs, program.outputs)
    assert plan(program).head_bytes <= improve(pieces, 300).total_bytes


@pytest.mark.parametrize("seed", range(12))
def test_blocks_with_branches_are_planned_as_loops(seed: int):
    space = own_space((16, 16, 1), 4)
    layout = lay_out(lower(space, space.sample(random.Random(seed))), HOST)
    assert chain_of(layout.program) is not None
    check_placement(layout.program, layout.plan.offsets, layout.plan.head_bytes)


def test_a_residual_block_lies_over_its_input_again():
    # 16 x 16 x 16 = 4,096 B are kept; within the block a 3 x 3 convolution writes 4,096 B over 4,096 B. At
    # the last channel but one of a pixel it has written that pixel but a byte, and still reads the one a row
    # and a column before: 16 x 16 + 16 + 15 = 287 B, rounded to 288. All three together would be 12,288 B.
    builder = GraphBuilder((16, 16, 16))
    y = builder.conv(builder.input, "first", 16, (3, 3))
    y = builder.conv(y, "second", 16, (3, 3), activation=Activation.NONE)
    builder.add(builder.input, y, "add")
    program = program_of(builder.build(), HOST)
    gap = aligned(next(iter(gap for gap in program.steps[1].gaps if gap is not None)))
    assert gap == 288
    assert plan(program).head_bytes == 4096 + 4096 + gap
    assert max(alive_bytes(program)) == 12_288


def test_gaps_add_up_until_a_tensor_is_lifted_again():
    # 100 B over 100 B with a gap of 16: 116, then 132, then 148.
    hops = [Hop(96, 96, 16)] * 3
    assert head_bytes(96, hops) == 96 + 3 * 16
    # Behind ten of them, 96 + 96 B side by side are less than 96 + 10 x 16.
    assert head_bytes(96, [Hop(96, 96, 16)] * 10) == 192


def test_several_inputs_and_outputs_are_planned_as_a_whole():
    sizes = {"a": 64, "b": 32, "sum": 64, "copy": 32}
    steps = (Step("first", ("a",), ("sum",), (0,)), Step("second", ("b",), ("copy",), (None,)))
    program = Program(("a", "b"), ("sum", "copy"), sizes, steps)
    planned = closest_plan(program)
    check_placement(program, planned.offsets, planned.head_bytes)
    assert planned.head_bytes == 64 + 32 + 32


def test_what_lies_over_something_else_is_counted_once():
    steps = (Step("first", ("a",), ("b",), (16,)), Step("second", ("b",), ("c",), (None,)))
    program = Program(("a",), ("c",), {"a": 64, "b": 64, "c": 16}, steps)
    offsets = {"a": 16, "b": 0, "c": 64}
    assert occupied_bytes(program, offsets) == (80, 80)
    assert peak_step(program, offsets) == "first"
