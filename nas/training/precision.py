"""Which type of number networks are trained in; weights, batch norm and the classifier stay in float32."""

from __future__ import annotations

import torch

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def training_type(precision: str) -> torch.dtype:
    """Of maps and products while training; "auto" is bfloat16 where the processor multiplies it in tiles.

    With tiles (Intel AMX) a network of 3 x 3 convolutions trained 1.7 times as fast as in float32; without
    them bfloat16 is slower (`python -m studies.bench_training`).
    """
    if precision == "auto":
        return torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16", False) else torch.float32
    return PRECISIONS[precision]
