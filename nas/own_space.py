"""A search space out of a user's own Python file."""

from __future__ import annotations

import random
import runpy
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nas.study import BadStudy
from search_spaces.block import Block
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Pair, Shape
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace

TRIED = 32
"""Networks that are built to see whether a user's blocks can be, before anything else begins."""


def space_from_file(path: Path) -> Callable[[Shape, int], SearchSpace]:
    """The function `space(input_shape, classes)` of a file, checked as it is called.

    Raises:
        BadStudy: there is no such file, it fails, or it defines no `space`. The function that is returned
            raises it too: where it gives no space, or one whose networks cannot be built.
    """
    if not path.is_file():
        raise BadStudy(f"space {str(path)!r} must be a Python file that defines space(input_shape, classes)")
    with _user_code(path):
        names = runpy.run_path(str(path))
    make = names.get("space")
    if not callable(make):
        raise BadStudy(f"space file {path} must define a function space(input_shape, classes)")

    def space(input_shape: Shape, classes: int) -> SearchSpace:
        with _user_code(path):
            made = make(input_shape, classes)
        return _checked(made, path, input_shape, classes)

    return space


def _checked(made: object, path: Path, input_shape: Shape, classes: int) -> SearchSpace:
    if not isinstance(made, SearchSpace):
        raise BadStudy(f"space file {path}: space() must return a SearchSpace, got {type(made).__name__}")
    if (made.input_channels, made.classes) != (input_shape[2], classes):
        raise BadStudy(
            f"space file {path}: the space must have {input_shape[2]} input channels and {classes} classes, "
            f"as its arguments say, got {made.input_channels} and {made.classes}"
        )
    rng = random.Random(0)
    with _user_code(path):
        for _ in range(TRIED):
            lower(made, made.sample(rng))
        uneven = _uneven(made)
    if uneven is not None:
        raise BadStudy(
            f"space file {path}: block {uneven} must lower alike wherever it stands, and does not under all "
            "names of its slot: let it depend on channels and stride alone, or make it several blocks"
        )
    return made


def _uneven(space: SearchSpace) -> str | None:
    """A block whose ops depend on the name of its slot, which costs by parts would know nothing of."""
    widths = sorted({width for stage in space.stages for width in stage.widths})
    first = [f"stage{stage}.block0" for stage in range(len(space.stages))]
    later = [
        f"stage{stage}.block{place}"
        for stage, one in enumerate(space.stages)
        for place in range(1, max(one.depths))
    ]
    entered = [(space.stem.widths[0], width, stage.stride) for width in widths for stage in space.stages]
    kept = [(width, width, (1, 1)) for width in widths]
    for blocks, names, shapes in ((space.entries, first, entered), (space.blocks, later, kept)):
        for block in blocks:
            if any(len({_ops(block, *shape, name) for name in names}) > 1 for shape in shapes):
                return block.label
    return None


def _ops(block: Block, before: int, width: int, stride: Pair, slot: str) -> tuple[object, ...]:
    """What a block lowers to, names left out."""
    builder = GraphBuilder((8, 8, before))
    block.lower(builder, builder.input, width, stride, slot)
    graph = builder.build()
    return tuple(
        (op.kind, op.kernel, op.stride, op.weight and op.weight.shape, graph.tensors[op.output].shape)
        for op in graph.ops
    )


@contextmanager
def _user_code(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        line = f", line {lines[-1]}," if lines else ""
        raise BadStudy(f"space file {path}{line} failed: {type(error).__name__}: {error}") from error
