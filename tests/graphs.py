"""Random graphs: networks of the shipped spaces, and small ones whose ops can run in many orders."""

from __future__ import annotations

import random
from collections.abc import Callable

from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph, Shape, Tensor
from search_spaces.lowering import lower
from search_spaces.presets import images, signals, tiny_images
from search_spaces.space import SearchSpace


def preset_spaces() -> tuple[SearchSpace, ...]:
    """Spaces over digits, small images, spectrograms, lines and photographs."""
    return (
        tiny_images.space((8, 8, 1), 10),
        tiny_images.space((28, 28, 1), 10),
        signals.space((49, 10, 1), 12),
        signals.space((128, 1, 3), 5),
        images.space((48, 48, 3), 2),
    )


def random_network_graph(seed: int) -> Graph:
    """A network out of one of `preset_spaces`."""
    rng = random.Random(seed)
    space = rng.choice(preset_spaces())
    return lower(space, space.sample(rng))


def branching_graph(seed: int, ops: int) -> Graph:
    """A graph of at most `ops` ops, each reading any earlier tensors, the last ones joined by additions."""
    rng = random.Random(seed)
    builder = GraphBuilder((4, 4, rng.choice((1, 3, 8))))
    made: list[Tensor] = [builder.input]
    for number in range(rng.randint(2, ops)):
        alike = [(a, b) for a in made for b in made if a is not b and a.shape == b.shape]
        if alike and rng.random() < 0.5:
            made.append(builder.add(*rng.choice(alike), f"op{number}"))
        else:
            made.append(builder.conv(rng.choice(made), f"op{number}", rng.choice((1, 3, 8, 16))))
    return builder.build()


def single_op_graphs() -> dict[str, Graph]:
    """One small graph for each way in which an op can be written, odd sizes and one channel among them."""
    return {name: _built(shape, write) for name, (shape, write) in _SINGLE_OPS.items()}


def _built(shape: Shape, write: Callable[[GraphBuilder], Tensor]) -> Graph:
    builder = GraphBuilder(shape)
    write(builder)
    return builder.build()


def _residual(builder: GraphBuilder) -> Tensor:
    y = builder.conv(builder.input, "conv", 3, (3, 3), activation=Activation.NONE)
    return builder.add(builder.input, y, "sum", Activation.RELU)


_SINGLE_OPS: dict[str, tuple[Shape, Callable[[GraphBuilder], Tensor]]] = {
    "pointwise": ((5, 6, 7), lambda b: b.conv(b.input, "op", 9)),
    "strided": ((9, 8, 3), lambda b: b.conv(b.input, "op", 4, (3, 3), (2, 2))),
    "even sizes": ((8, 8, 2), lambda b: b.conv(b.input, "op", 4, (5, 5), (2, 2), Activation.NONE)),
    "one output channel": ((6, 6, 2), lambda b: b.conv(b.input, "op", 1, (3, 3))),
    "vertical": ((9, 7, 3), lambda b: b.conv(b.input, "op", 5, (7, 1), (2, 1))),
    "horizontal": ((9, 7, 3), lambda b: b.conv(b.input, "op", 5, (1, 3), (1, 2))),
    "line": ((33, 1, 3), lambda b: b.conv(b.input, "op", 4, (9, 1), (4, 1))),
    "kernel beyond the map": ((2, 3, 2), lambda b: b.conv(b.input, "op", 3, (7, 7))),
    "many inputs": ((3, 3, 600), lambda b: b.conv(b.input, "op", 2, (3, 3))),
    "depthwise": ((7, 6, 5), lambda b: b.depthwise(b.input, "op", (3, 3), (2, 2))),
    "depthwise of one channel": ((7, 6, 1), lambda b: b.depthwise(b.input, "op", (5, 5))),
    "fully connected": ((1, 1, 12), lambda b: b.fully_connected(b.input, "op", 5)),
    "fully connected over a map": ((3, 2, 4), lambda b: b.fully_connected(b.input, "op", 5)),
    "two fully connected": (
        (1, 1, 8),
        lambda b: b.fully_connected(b.fully_connected(b.input, "a", 6), "b", 3),
    ),
    "residual": ((5, 5, 3), _residual),
    "max pool": ((7, 5, 3), lambda b: b.max_pool(b.input, "op", (2, 2))),
    "max pool of a line": ((9, 1, 3), lambda b: b.max_pool(b.input, "op", (2, 1))),
    "average pool": ((7, 5, 3), lambda b: b.average_pool(b.input, "op", (2, 2))),
    "average pool of four": ((10, 9, 3), lambda b: b.average_pool(b.input, "op", (4, 4))),
    "global average pool": ((7, 9, 6), lambda b: b.global_average_pool(b.input, "op")),
}
