"""Banks whose every tensor is random, in double precision where the order of sums must not show."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from nas.networks.weight_bank import Slot, WeightBank
from search_spaces.graph import Graph


def random_bank(graphs: Iterable[Graph], seed: int, dtype: torch.dtype = torch.float32) -> WeightBank:
    """A bank for `graphs`, scales and shifts random too: fresh ones would hide that they are mixed up."""
    generator = torch.Generator().manual_seed(seed)
    slots = {}
    for name, slot in WeightBank.initialized(graphs, seed).slots.items():
        scale = None if slot.scale is None else _random(len(slot.scale), generator).abs() + 0.5
        tensors = (slot.weight, scale, 0.3 * _random(len(slot.shift), generator))
        weight, scale, shift = (None if t is None else t.detach().to(dtype).requires_grad_() for t in tensors)
        assert weight is not None
        assert shift is not None
        slots[name] = Slot(weight, scale, shift)
    return WeightBank(slots)


def _random(count: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randn(count, generator=generator)
