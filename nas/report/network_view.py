"""The networks of a report packed small: a few hundred of them share most of their layers.

Each distinct layer is stored once; a network is the numbers of its layers and the bytes in use at each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from constraints.arena.layout import Layout
from constraints.arena.liveness import aligned
from constraints.macs import macs_of
from search_spaces.graph import Graph, Op, OpKind

KIND_NAMES: Mapping[OpKind, str] = {
    OpKind.CONV: "convolution",
    OpKind.DEPTHWISE_CONV: "depthwise convolution",
    OpKind.FULLY_CONNECTED: "fully connected",
    OpKind.ADD: "add",
    OpKind.MAX_POOL: "max pool",
    OpKind.AVERAGE_POOL: "average pool",
    OpKind.GLOBAL_AVERAGE_POOL: "global average pool",
}

Layer = tuple[str, str, int, int, int, int, int, int, int, int, int, int, int]
"""Name, kind, kernel and stride (height, width each), output (height, width, channels), weights, MACs, bytes
read from and written to the arena: the order in which the page's script takes them."""


@dataclass(slots=True)
class NetworkPacker:
    """Collects networks by digest and hands out one JSON-ready value."""

    _layers: dict[Layer, int] = field(default_factory=dict[Layer, int])
    _networks: dict[str, tuple[tuple[int, int, int], list[int], list[int]]] = field(
        default_factory=dict[str, tuple[tuple[int, int, int], list[int], list[int]]]
    )

    def add(self, digest: str, layout: Layout) -> None:
        """Packs a network unless one of its digest is there already."""
        if digest in self._networks:
            return
        graph = layout.graph
        numbers = [self._layers.setdefault(_layer(graph, op), len(self._layers)) for op in graph.ops]
        self._networks[digest] = (graph.input.shape, numbers, list(layout.occupied_bytes))

    def packed(self) -> dict[str, object]:
        """`layers` are distinct; `networks` maps a digest to (input shape, layer numbers, bytes in use)."""
        return {"layers": list(self._layers), "networks": self._networks}


def pack_networks(networks: Iterable[tuple[str, Layout]]) -> dict[str, object]:
    """Packs (digest, layout) pairs."""
    packer = NetworkPacker()
    for digest, layout in networks:
        packer.add(digest, layout)
    return packer.packed()


def _layer(graph: Graph, op: Op) -> Layer:
    weights = 0 if op.weight is None else op.weight.count
    read = sum(aligned(tensor.size_bytes) for tensor in set(graph.inputs_of(op)))
    output = graph.output_of(op)
    work = (weights, macs_of(graph, op), read, aligned(output.size_bytes))
    return (op.name, KIND_NAMES[op.kind], *op.kernel, *op.stride, *output.shape, *work)
