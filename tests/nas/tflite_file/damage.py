"""Small model files, and the many ways in which they can be damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator

from nas.export.tflite import write_tflite
from studies.untrained import random_network
from tests.graphs import branching_graph, single_op_graphs
from tests.nas.tflite_file.foreign_models import branches, classifier, with_custom_operator

WORDS = (b"\0\0\0\0", b"\1\0\0\0", b"\x40\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80")
"""Numbers that break what counts, points or measures."""


def small_files() -> tuple[bytes, ...]:
    """Files of less than 4 KB, of this project and of others."""
    graphs = [*single_op_graphs().values(), branching_graph(3, 8)]
    own = [write_tflite(random_network(graph, seed)) for seed, graph in enumerate(graphs)]
    foreign = [classifier().write(), branches().write(), with_custom_operator().write()]
    return tuple(data for data in (*own, *foreign) if len(data) < 4096)


def damaged_files(count: int, seed: int) -> Iterator[bytes]:
    """Files that were cut, of which bits were flipped, or words overwritten; up to eight places in each."""
    rng = random.Random(seed)
    files = small_files()
    for _ in range(count):
        data = bytearray(rng.choice(files))
        harm = rng.random()
        if harm < 0.25:
            yield bytes(data[: rng.randrange(len(data))])
            continue
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(len(data) - 3)
            if harm < 0.5:
                data[place : place + 4] = rng.choice(WORDS)
            else:
                data[place] ^= 1 << rng.randrange(8)
        yield bytes(data)
