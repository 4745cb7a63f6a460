import pytest

from constraints.arena.graph_program import program_of
from constraints.arena.liveness import Buffer, aligned, alive_bytes, lifetimes
from constraints.arena.program import Program, Step
from constraints.kernels import HOST
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph


def residual_graph() -> Graph:
    """Input 4x4x4 = 64 B -> wide 4x4x8 = 128 B -> narrow 64 B -> + input = 64 B."""
    builder = GraphBuilder((4, 4, 4))
    wide = builder.conv(builder.input, "wide", 8)
    narrow = builder.conv(wide, "narrow", 4)
    builder.add(builder.input, narrow, "sum")
    return builder.build()


def test_a_tensor_lives_from_the_op_that_writes_it_to_the_last_that_reads_it():
    assert lifetimes(program_of(residual_graph(), HOST)) == (
        Buffer("input", 64, 0, 2),
        Buffer("wide:0", 128, 0, 1),
        Buffer("narrow:0", 64, 1, 2),
        Buffer("sum:0", 64, 2, 2),
    )


def test_alive_bytes_add_up_what_each_op_needs():
    # At wide 64 + 128, at narrow 64 + 128 + 64, at sum 64 + 64 + 64.
    assert alive_bytes(program_of(residual_graph(), HOST)) == (192, 256, 192)


def test_the_input_is_let_go_after_its_last_reader():
    builder = GraphBuilder((4, 4, 4))
    x = builder.conv(builder.input, "a", 4)
    x = builder.conv(x, "b", 4)
    builder.conv(x, "c", 4)
    assert alive_bytes(program_of(builder.build(), HOST)) == (128, 128, 128)


def test_a_tensor_that_nothing_reads_lives_during_its_own_op():
    builder = GraphBuilder((4, 4, 4))
    builder.conv(builder.input, "dead", 2)
    builder.conv(builder.input, "used", 4)
    assert lifetimes(program_of(builder.build(), HOST))[1] == Buffer("dead:0", 32, 0, 0)


@pytest.mark.parametrize(("size", "rounded"), [(1, 16), (16, 16), (17, 32), (45, 48)])
def test_sizes_are_rounded_up_to_sixteen_bytes(size: int, rounded: int):
    assert aligned(size) == rounded


def test_scratch_memory_lives_during_its_own_step():
    step = Step("conv", ("in",), ("out",), (None,), scratch_bytes=(100, 4))
    program = Program(
        ("in",), ("out",), {"in": 32, "out": 16}, (step, Step("next", ("out",), ("end",), (None,)))
    )
    program.sizes["end"] = 16
    assert lifetimes(program)[3:] == (Buffer("conv/scratch0", 112, 0, 0), Buffer("conv/scratch1", 16, 0, 0))
