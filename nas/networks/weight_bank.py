"""The supernet: one tensor a weight slot, of which every sub-network runs over a slice.

A stand-alone network is the same thing with a single tenant: a bank whose tensors have just its shapes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nas.networks.batch_norm import batch_norm
from nas.networks.batch_norm_loops import BATCH_NORM_EPSILON
from nas.networks.execute import activated, convolve
from search_spaces.graph import Activation, Graph, Op, OpKind, WeightRef

ADDED_SCALE = 0.2
LINEAR_GAIN = 0.1
"""Of the classifier's first weights, so that training begins with all classes equally likely."""


@dataclass(frozen=True)
class Slot:
    """One slot: `weight`, and for every output channel a `scale` (None for a linear layer) and a `shift`."""

    weight: Tensor
    scale: Tensor | None
    shift: Tensor


class WeightBank:
    """Weights by slot, at the largest shape that any tenant asks for."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self.slots = dict(slots)

    @classmethod
    def initialized(cls, graphs: Iterable[Graph], seed: int) -> WeightBank:
        """Fresh weights, large enough for every one of `graphs` (He et al. 2015, section 2.2, fan-in).

        Batch norm's scale is small where a block's output is added to its input, so that all blocks begin
        near the identity (Goyal et al. 2017, section 5.1, has it zero).
        """
        shapes: dict[str, tuple[int, ...]] = {}
        linear, added = set[str](), set[str]()
        for graph in graphs:
            sums = {name for op in graph.ops if op.kind is OpKind.ADD for name in op.inputs}
            for op in graph.ops:
                if op.weight:
                    slot = op.weight.slot
                    shapes[slot] = tuple(map(max, shapes.get(slot, op.weight.shape), op.weight.shape))
                    if op.kind is OpKind.FULLY_CONNECTED:
                        linear.add(slot)
                    if op.output in sums and op.activation is Activation.NONE:
                        added.add(slot)
        generator = torch.Generator().manual_seed(seed)
        slots = {}
        for name in sorted(shapes):
            scale = None if name in linear else ADDED_SCALE if name in added else 1.0
            slots[name] = _fresh(shapes[name], scale, generator)
        return cls(slots)

    def sliced(self, graph: Graph) -> WeightBank:
        """A stand-alone copy of what one network reads, at its own shapes."""
        slots = {}
        for op in graph.ops:
            if op.weight:
                slot, channels = self.slots[op.weight.slot], op.weight.shape[0]
                scale = None if slot.scale is None else _copied(slot.scale[:channels])
                slots[op.weight.slot] = Slot(
                    _copied(_slice(slot.weight, op.weight)), scale, _copied(slot.shift[:channels])
                )
        return WeightBank(slots)

    def read(self, ref: WeightRef) -> Slot:
        """The slice of a slot that an op uses: leading channels, centre of the kernel."""
        slot, channels = self.slots[ref.slot], ref.shape[0]
        scale = None if slot.scale is None else slot.scale[:channels]
        return Slot(_slice(slot.weight, ref), scale, slot.shift[:channels])

    def decayed(self) -> list[Tensor]:
        """The tensors that weight decay applies to."""
        return [slot.weight for slot in self.slots.values()]

    def undecayed(self) -> list[Tensor]:
        """Scales, shifts and biases."""
        pairs = ((slot.scale, slot.shift) for slot in self.slots.values())
        return [tensor for pair in pairs for tensor in pair if tensor is not None]

    def tensors(self) -> list[Tensor]:
        """Everything that is trained, in a fixed order."""
        return [*self.decayed(), *self.undecayed()]

    def state(self) -> dict[str, Tensor]:
        """Named tensors, as they are saved; not copies."""
        named = {}
        for name, slot in self.slots.items():
            named[f"{name}.weight"] = slot.weight.detach()
            named[f"{name}.shift"] = slot.shift.detach()
            if slot.scale is not None:
                named[f"{name}.scale"] = slot.scale.detach()
        return named

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor]) -> WeightBank:
        """The bank that `state` was taken from."""
        names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
        slots = {}
        for name in names:
            scale = state.get(f"{name}.scale")
            slots[name] = Slot(
                _copied(state[f"{name}.weight"]),
                None if scale is None else _copied(scale),
                _copied(state[f"{name}.shift"]),
            )
        return cls(slots)


def _fresh(shape: tuple[int, ...], scale: float | None, generator: torch.Generator) -> Slot:
    weight = torch.randn(shape, generator=generator) * math.sqrt(2.0 / math.prod(shape[1:]))
    shift = torch.zeros(shape[0]).requires_grad_()
    if scale is None:
        return Slot((weight * LINEAR_GAIN).requires_grad_(), None, shift)
    return Slot(weight.requires_grad_(), torch.full(shape[:1], scale).requires_grad_(), shift)


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format).requires_grad_()


def _slice(weight: Tensor, ref: WeightRef) -> Tensor:
    if weight.shape == ref.shape:
        return weight  # a slice of everything would cost a copy of its gradient
    if len(ref.shape) == 2:
        return weight[: ref.shape[0], : ref.shape[1]]
    height, width = ref.shape[2:]
    top, left = (weight.shape[2] - height) // 2, (weight.shape[3] - width) // 2
    return weight[: ref.shape[0], : ref.shape[1], top : top + height, left : left + width]


class BatchNormed:
    """Computes weighted ops with the statistics of the batch itself, as in training.

    With `statistics` given, the mean and (biased) variance that every op's output had are averaged into it
    over the batches seen: recalibration of batch norm (Yu & Huang 2019, Universally slimmable networks,
    section 3.2).
    """

    def __init__(self, bank: WeightBank, statistics: dict[str, tuple[Tensor, Tensor]] | None = None) -> None:
        self.bank = bank
        self.statistics = statistics
        self.batches_seen = 0

    def __call__(self, op: Op, x: Tensor) -> Tensor:
        """One weighted op; the classifier has no batch norm, but a bias."""
        assert op.weight is not None
        slot = self.bank.read(op.weight)
        if slot.scale is None:
            return activated(op, convolve(op, x.to(slot.weight.dtype), slot.weight, slot.shift))
        weight = slot.weight if op.kind is OpKind.DEPTHWISE_CONV else slot.weight.to(x.dtype)
        y = convolve(op, x, weight)
        if self.statistics is None:
            return batch_norm(y, slot.scale, slot.shift, x.dtype, relu=op.activation is Activation.RELU)
        # Batch norm hands out what it found: finding it again by `torch.var_mean` takes six times as long.
        y, mean, inverse_deviation = torch.native_batch_norm(
            y, slot.scale, slot.shift, None, None, training=True, momentum=0.0, eps=BATCH_NORM_EPSILON
        )
        self._average(op.name, mean, (inverse_deviation.pow(-2) - BATCH_NORM_EPSILON).clamp_min(0.0))
        return activated(op, y)

    def _average(self, name: str, mean: Tensor, variance: Tensor) -> None:
        assert self.statistics is not None
        if self.batches_seen:
            share = 1.0 / (self.batches_seen + 1)
            old_mean, old_variance = self.statistics[name]
            mean, variance = torch.lerp(old_mean, mean, share), torch.lerp(old_variance, variance, share)
        self.statistics[name] = (mean, variance)
