"""Which type of number networks are trained in. Weights, sums and the classifier are float32 throughout."""

from __future__ import annotations

import torch

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def training_type(precision: str) -> torch.dtype:
    """Of maps and products while training; "auto" is bfloat16 where the processor multiplies it in tiles.

    With tiles (Intel AMX) a convolution takes a third to a fifth of its time in float32; without them it
    takes longer than in float32.
    """
    if precision == "auto":
        return torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16", False) else torch.float32
    return PRECISIONS[precision]
