"""Everything that `nas check` finds out about a model file."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.target import Target
from nas.check.arena import Measured, Predicted
from nas.check.latency import Latency
from nas.check.memory import OpMemory
from nas.check.verdict import Limit, all_fit
from nas.tflite_file.model import FileModel, FileOperator
from search_spaces.graph import OpKind

KINDS = {
    OpKind.CONV: "conv",
    OpKind.DEPTHWISE_CONV: "depthwise",
    OpKind.FULLY_CONNECTED: "fully connected",
    OpKind.ADD: "add",
    OpKind.MAX_POOL: "max pool",
    OpKind.AVERAGE_POOL: "average pool",
    OpKind.GLOBAL_AVERAGE_POOL: "global pool",
}


@dataclass(frozen=True, slots=True)
class OpRow:
    """One operator; shapes have the batch first. `macs` and `cycles` are None where they are not known."""

    op: FileOperator
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    macs: int | None
    memory: OpMemory
    cycles: float | None

    @property
    def kind(self) -> str:
        """What it does, in words where it is one of ours."""
        if self.op.geometry is None:
            return f"{self.op.code.lower()}{' (custom)' if self.op.is_custom else ''}"
        return KINDS[self.op.geometry.kind]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`host` is the arena predicted for this computer, to set beside `measured`; `arena` that of the target.

    `without_macs` names the operators that the MACs leave out, each code once.
    """

    name: str
    target: Target
    model: FileModel
    ops: tuple[OpRow, ...]
    host: Predicted
    arena: Predicted
    measured: Measured
    latency: Latency
    limits: tuple[Limit, ...]
    without_macs: tuple[str, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all operators that they are known of."""
        return sum(row.macs for row in self.ops if row.macs is not None)

    @property
    def peak(self) -> OpRow:
        """The first operator at which the most bytes are in use on the target."""
        return self.ops[self.arena.memory.peak_op]

    @property
    def fits(self) -> bool | None:
        """Whether every limit is kept; None where there is none, or where it is not known."""
        return all_fit(self.limits)

    @property
    def is_on_host(self) -> bool:
        """Whether the target's kernels are those of this computer, so that one prediction serves for both."""
        return self.arena is self.host

    @property
    def needed_ram_bytes(self) -> int | None:
        """The least arena on the target, predicted; on this computer no less than was recorded.

        For a neural processor it is the SRAM that its compiler asks for. Where the target's tail is not
        predicted, the one recorded here stands for it, whose pointers are no shorter.
        """
        least, measured = self.arena.least_bytes, self.measured.arena
        if self.latency.compiled is not None:
            return self.latency.compiled.sram_bytes
        if measured is None:
            return least
        if self.is_on_host:
            return max(least or 0, measured.total_bytes)
        return least or self.arena.head_bytes + measured.tail_bytes

    @property
    def needed_activations_bytes(self) -> int:
        """The arena's head on the target, or what its compiler says."""
        if self.latency.compiled is not None:
            return self.latency.compiled.sram_bytes
        if self.is_on_host and self.measured.arena is not None:
            return self.measured.arena.head_bytes
        return self.arena.head_bytes

    @property
    def needed_flash_bytes(self) -> int:
        """The file, or what the target's compiler makes of it."""
        compiled = self.latency.compiled
        return self.model.parts.total if compiled is None else compiled.flash_bytes
