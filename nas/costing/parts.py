"""The parts that networks of one space are made of, each lowered and costed when it is first met."""

from __future__ import annotations

from constraints.arena.liveness import aligned
from constraints.arena.tail import graph_op_tail
from constraints.arena.tflm_structs import structs_of
from constraints.flash import frame_flash
from constraints.target import Target
from nas.costing.part import Inseparable, Part, empty_part, part_of
from nas.costing.shared import SharedPieces
from nas.costing.tails import TailFrame
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Shape, Tensor
from search_spaces.lowering import lower_head, lower_reduction, lower_stem
from search_spaces.space import SearchSpace

Genes = tuple[int, ...]


class Parts:
    """Lowers and costs every part once; what a part costs does not depend on the names of its ops.

    All methods raise `Inseparable` and `UnsupportedOp` as `part_of` does.
    """

    def __init__(self, space: SearchSpace, target: Target) -> None:
        self.space = space
        self.target = target
        self.shared = SharedPieces()
        self._entries: dict[tuple[object, ...], Part] = {}
        self._blocks: dict[tuple[Shape, int], Part] = {}

    def stem(self, genes: Genes) -> Part:
        """The first convolution and what a file holds beside its ops.

        `genes` choose resolution, width, kernel and stride.
        """
        builder = GraphBuilder(self._input_shape(genes[0]))
        x = lower_stem(builder, self.space.stem, genes[1:])
        frame = frame_flash(builder.input.shape, plan_in_file=True)
        shapes, others = self.shared.masks(frame.shared)
        part = self._part(builder, x)
        return part._replace(
            flash_data=part.flash_data + frame.own.total,
            counts=part.counts + frame.tensors,
            shapes=part.shapes | shapes,
            others=part.others | others,
        )

    def entry(self, shape: Shape, stage: int, genes: Genes) -> Part:
        """A stage's first block and the pool before it; `genes` choose width, reduction and block."""
        described = self.space.stages[stage]
        channels, reduction = described.widths[genes[0]], described.reductions[genes[1]]
        key = (shape, channels, reduction, described.stride, genes[2])
        if key not in self._entries:
            builder = GraphBuilder(shape)
            x, stride = lower_reduction(builder, builder.input, described, reduction, "stage")
            y = self.space.entries[genes[2]].lower(builder, x, channels, stride, "stage.block")
            if y.shape[2] != channels:
                raise Inseparable(
                    f"{self.space.entries[genes[2]].label} writes other than {channels} channels"
                )
            self._entries[key] = self._part(builder, y)
        return self._entries[key]

    def block(self, shape: Shape, block: int) -> Part:
        """A block behind the entry."""
        key = (shape, block)
        if key not in self._blocks:
            builder = GraphBuilder(shape)
            y = self.space.blocks[block].lower(builder, builder.input, shape[2], (1, 1), "stage.block")
            if y.shape != shape:
                raise Inseparable(f"{self.space.blocks[block].label} changes the shape of its maps")
            self._blocks[key] = self._part(builder, y)
        return self._blocks[key]

    def head(self, shape: Shape) -> Part:
        """What turns the last maps into logits."""
        builder = GraphBuilder(shape)
        return self._part(builder, lower_head(builder, builder.input, self.space.classes))

    def input_bytes(self, resolution: int) -> int:
        """Aligned bytes of the network's input."""
        height, width, channels = self._input_shape(resolution)
        return aligned(height * width * channels)

    def tail_frame(self) -> TailFrame:
        """What all tails have in common, the first op being a convolution."""
        builder = GraphBuilder(self._input_shape(0))
        lower_stem(builder, self.space.stem, (0, 0, 0))
        graph = builder.build()
        kernels = self.target.kernels
        return TailFrame(structs_of(kernels), graph_op_tail(graph, graph.ops[0], kernels).data)

    def _input_shape(self, resolution: int) -> Shape:
        return (*self.space.resolutions[resolution], self.space.input_channels)

    def _part(self, builder: GraphBuilder, left: Tensor) -> Part:
        """What was built; `left` is the tensor that the next part reads."""
        if left is builder.input:
            return empty_part(left.shape)
        graph = builder.build()
        if graph.output != left:
            raise Inseparable(f"{graph.ops[-1].name} is not what the ops behind it read")
        return part_of(graph, self.target, self.shared)
