"""What TFLM keeps in the arena for operators that only move or map values, which no search space has.

Sizes of options are those of lite/core/c/builtin_op_data.h, of kernels' data those of `SoftmaxParams`
(lite/kernels/internal/types.h) for SOFTMAX; RESHAPE keeps none (micro/kernels/reshape.cc). The host's were
compared with what tflite-micro 0.dev20261023 records.
"""

from __future__ import annotations

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tflm_structs import structs_of
from constraints.kernels import Kernels


def plain_tail(code: str, kernels: Kernels) -> OpTail | None:
    """What such an operator adds to the tail, None where it is not known."""
    structs = structs_of(kernels)
    on_host = structs.pointer == 8
    tensor = structs.tensor_while_prepared(1)
    match code:
        case "RESHAPE":
            return OpTail(36, 4, 0, 0, 2 * tensor)
        case "SOFTMAX":
            # A double, five numbers of four bytes and five pointers.
            return OpTail(4, 4, 72 if on_host else 48, 0, 2 * tensor)
        case _:
            return None
