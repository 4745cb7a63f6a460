"""Compares the scratch memory that is predicted for CMSIS-NN with what its own functions answer.

    python studies/check_scratch.py --n 10000 [--json]

The functions come from the extension module in the executorch wheel (`pip install executorch --no-deps`,
1.5.1 was compared), which is loaded by itself; `--module` names its file where it is unpacked elsewhere.
Geometries are drawn at random: kinds, kernels, strides, paddings, dilations, channels, and maps down to one
row.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from constraints.arena.scratch import scratch_bytes, weight_sums_bytes
from constraints.geometry import Geometry
from constraints.kernels import Instructions, KernelLibrary, Kernels
from search_spaces.graph import OpKind, Pair, same_padding

NAME = "cmsis_nn"
MODULE = f"backends/cortex_m/library/_cmsis_nn/{NAME}*.so"
KINDS = (OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.AVERAGE_POOL, OpKind.FULLY_CONNECTED)
WEIGHTS = (4, 4, 1, 1)
DILATED, PADDED, MULTIPLIED = 0.15, 0.6, 0.2
"""How often a window is dilated, the map padded, a depthwise convolution given several outputs a channel."""
SHOWN = 5
"""Differences that are printed in full."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many geometries were compared on a kind of core, and those whose bytes differ."""

    compared: int
    nonzero: int
    differing: tuple[tuple[Geometry, int, int], ...]


def main() -> None:
    """Reads the command line and prints the comparison."""
    parser = argparse.ArgumentParser(
        description="Compares predicted scratch memory with what CMSIS-NN's own functions answer."
    )
    parser.add_argument("--n", type=int, default=10_000, help="geometries of each kind of core")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", type=Path, help="the extension module's file")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    path = options.module or installed_module()
    if path is None:
        sys.exit("needs CMSIS-NN's functions: `pip install executorch --no-deps`, or give --module FILE")
    cmsis = load(path)
    found = {kind: compare(cmsis, kind, options.n, random.Random(options.seed)) for kind in Instructions}
    sys.stdout.write(as_json(found) if options.json else as_text(found))


def installed_module() -> Path | None:
    """The extension module of an installed executorch; None where there is none."""
    spec = importlib.util.find_spec("executorch")
    places = spec.submodule_search_locations if spec else None
    return next((path for place in places or () for path in Path(place).glob(MODULE)), None)


def load(path: Path) -> ModuleType:
    """The extension module, without the package around it."""
    spec = importlib.util.spec_from_file_location(NAME, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no extension module of this Python: give the file whose name matches it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(cmsis: ModuleType, instructions: Instructions, count: int, rng: random.Random) -> Comparison:
    """Draws `count` geometries and compares each."""
    kernels = Kernels(KernelLibrary.CMSIS_NN, instructions, pointer_bytes=4)
    nonzero, differing = 0, []
    for _ in range(count):
        geometry = draw(rng)
        predicted = sum(scratch_bytes(geometry, kernels)) + weight_sums_bytes(geometry, kernels)
        answered = answer(cmsis, instructions, geometry)
        nonzero += answered > 0
        if predicted != answered:
            differing.append((geometry, predicted, answered))
    return Comparison(count, nonzero, tuple(differing))


def draw(rng: random.Random) -> Geometry:
    """A random geometry of a kind that asks for memory on some core, padded as SAME or not at all."""
    kind = rng.choices(KINDS, WEIGHTS)[0]
    channels = rng.choice([1, 2, 3, 4, 8, 16, 64, rng.randint(1, 300)])
    outputs = _outputs(rng, kind, channels)
    if kind is OpKind.FULLY_CONNECTED:
        return Geometry(kind, (1, 1, channels), (1, 1, outputs))
    kernel = _kernel(rng)
    stride = rng.choice([(1, 1), (2, 2), (rng.randint(1, 4), rng.randint(1, 4))])
    dilation = (1, 1)
    if kind is not OpKind.AVERAGE_POOL and rng.random() < DILATED:
        dilation, stride = (rng.randint(1, 3), rng.randint(1, 3)), (1, 1)
    is_same = rng.random() < PADDED
    spans = [_span(rng, kernel[axis], dilation[axis], stride[axis], is_same=is_same) for axis in (0, 1)]
    (height, rows, top), (width, columns, left) = spans
    before, after = (height, width, channels), (rows, columns, outputs)
    return Geometry(kind, before, after, kernel, stride, (top, left), dilation)


def _kernel(rng: random.Random) -> Pair:
    row, free = (1, rng.randint(1, 9)), (rng.randint(1, 10), rng.randint(1, 8))
    return rng.choice([(1, 1), (3, 3), (5, 5), (7, 7), row, free])


def _outputs(rng: random.Random, kind: OpKind, channels: int) -> int:
    if kind is OpKind.DEPTHWISE_CONV and (channels == 1 or rng.random() < MULTIPLIED):
        return channels * rng.randint(1, 12)
    return rng.randint(1, 200) if kind in (OpKind.CONV, OpKind.FULLY_CONNECTED) else channels


def _span(
    rng: random.Random, kernel: int, dilation: int, stride: int, *, is_same: bool
) -> tuple[int, int, int]:
    """A random size of an axis, the output positions along it, and the zeros before the first."""
    reach = (kernel - 1) * dilation + 1
    size = (1 if is_same else reach) + rng.choice([0, rng.randint(0, 60)])
    if is_same:
        return size, -(-size // stride), same_padding(size, reach, stride)[0]
    return size, (size - reach) // stride + 1, 0


def answer(cmsis: ModuleType, instructions: Instructions, geometry: Geometry) -> int:
    """The bytes that CMSIS-NN's function gives for this geometry."""
    backend = getattr(cmsis.Backend, instructions.name)
    weights = cmsis.DataType.A8W8
    channels, outputs = geometry.input[2], geometry.output[2]
    if geometry.kind is OpKind.AVERAGE_POOL:
        return cmsis.avgpool_buffer_size(backend, weights, geometry.output[1], channels)
    if geometry.kind is OpKind.FULLY_CONNECTED:
        return cmsis.fully_connected_buffer_size(backend, weights, [channels, 1, 1, outputs])
    around = ([1, *geometry.input], [1, *geometry.output])
    rules = ([*geometry.padding], [*geometry.stride], [*geometry.dilation])
    if geometry.kind is OpKind.CONV:
        window = [outputs, *geometry.kernel, channels]
        return cmsis.convolve_wrapper_buffer_size(backend, weights, around[0], window, around[1], *rules)
    window = [1, *geometry.kernel, outputs]
    return cmsis.depthwise_conv_wrapper_buffer_size(
        backend, weights, around[0], window, around[1], *rules, outputs // channels
    )


def as_json(found: dict[Instructions, Comparison]) -> str:
    """By kind of core: geometries compared, those that ask for scratch memory, those that differ."""
    figures = {
        kind.value: {"n": one.compared, "nonzero": one.nonzero, "differing": len(one.differing)}
        for kind, one in found.items()
    }
    return json.dumps(figures, indent=2) + "\n"


def as_text(found: dict[Instructions, Comparison]) -> str:
    """The same in words, with the first differences."""
    lines: list[str] = []
    for kind, one in found.items():
        lines.append(
            f"{kind.value}: {one.compared:,} geometries, {one.nonzero:,} ask for scratch memory, "
            f"{len(one.differing):,} differ"
        )
        lines += [
            f"  predicted {ours}, CMSIS-NN {theirs}: {geometry}"
            for geometry, ours, theirs in one.differing[:SHOWN]
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
