"""What TFLM keeps in the arena for operators that no search space has: options, and their kernels' data.

Options are the structs of lite/core/c/builtin_op_data.h, data those of lite/kernels/internal/types.h and of
micro/kernels (activations.h, logistic.h, hard_swish.h, leaky_relu.h, mul.h, sub.h, pad.cc, quantize.h). All
but SOFTMAX's hold numbers alone, so that they take the same on every computer; CMSIS-NN's softmax adds two
numbers (kernels/cmsis_nn/softmax.cc). The host's equal what tflite-micro 0.dev20261023 records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tflm_structs import structs_of
from constraints.kernels import KernelLibrary, Kernels

MOST_TENSORS = 3
"""That a kernel looks at while it is prepared: two inputs and an output."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """Bytes of an operator's options and of its kernel's data."""

    options: int
    data: int


_KEPT: Mapping[str, _Kept] = {
    "ADD": _Kept(8, 60),
    "HARD_SWISH": _Kept(0, 20),
    "LEAKY_RELU": _Kept(4, 24),
    "LOGISTIC": _Kept(0, 16),
    "MAXIMUM": _Kept(0, 0),
    "MINIMUM": _Kept(0, 0),
    "MUL": _Kept(4, 36),
    "PAD": _Kept(0, 52),
    "PADV2": _Kept(0, 52),
    "QUANTIZE": _Kept(0, 32),
    "RELU": _Kept(0, 28),
    "RELU6": _Kept(0, 4),
    "RESHAPE": _Kept(36, 0),
    "SUB": _Kept(8, 52),
    "TANH": _Kept(0, 16),
    "TRANSPOSE": _Kept(0, 0),
}


def plain_tail(code: str, kernels: Kernels) -> OpTail | None:
    """What such an operator adds to the tail, None where it is not known."""
    kept = _softmax(kernels) if code == "SOFTMAX" else _KEPT.get(code)
    if kept is None:
        return None
    temporary = MOST_TENSORS * structs_of(kernels).tensor_while_prepared(1)
    return OpTail(kept.options, 4, kept.data, 0, temporary)


def _softmax(kernels: Kernels) -> _Kept:
    """`SoftmaxParams`: a number of eight bytes, five of four, and five pointers."""
    params = 72 if kernels.pointer_bytes == 8 else 48
    return _Kept(4, params + 8 if kernels.library is KernelLibrary.CMSIS_NN else params)
