"""What is known of operators that no cost model covers."""

from __future__ import annotations

from nas.tflite_file.model import FileOperator

PLAIN = frozenset(
    {
        "ADD",
        "CONCATENATION",
        "DEQUANTIZE",
        "EXPAND_DIMS",
        "HARD_SWISH",
        "LEAKY_RELU",
        "LOGISTIC",
        "MAXIMUM",
        "MINIMUM",
        "MUL",
        "PACK",
        "PAD",
        "PADV2",
        "QUANTIZE",
        "RELU",
        "RELU6",
        "RESHAPE",
        "SOFTMAX",
        "SPLIT",
        "SQUEEZE",
        "STRIDED_SLICE",
        "SUB",
        "TANH",
        "TRANSPOSE",
        "UNPACK",
    }
)
"""Operators that accumulate no products, and whose TFLM kernels ask for no scratch memory (tensorflow/lite/
micro/kernels: none of them calls `RequestScratchBufferInArena` for int8)."""


def may_multiply(op: FileOperator) -> bool:
    """Whether an operator may do multiply-accumulates that are not counted."""
    return op.geometry is None and (op.is_custom or op.code not in PLAIN)


def may_ask_for_scratch(op: FileOperator) -> bool:
    """Whether an operator's kernel may ask for scratch memory that is not counted."""
    return may_multiply(op)
