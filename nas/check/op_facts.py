"""What is known of operators that no cost model covers."""

from __future__ import annotations

from nas.tflite_file.model import FileOperator

WITHOUT_PRODUCTS = frozenset(
    {
        "ADD",
        "CONCATENATION",
        "DEQUANTIZE",
        "EXPAND_DIMS",
        "HARD_SWISH",
        "LEAKY_RELU",
        "LOGISTIC",
        "MAXIMUM",
        "MEAN",
        "MINIMUM",
        "MUL",
        "PACK",
        "PAD",
        "PADV2",
        "QUANTIZE",
        "RELU",
        "RELU6",
        "RESHAPE",
        "RESIZE_NEAREST_NEIGHBOR",
        "SOFTMAX",
        "SPLIT",
        "SQUEEZE",
        "STRIDED_SLICE",
        "SUB",
        "SUM",
        "TANH",
        "TRANSPOSE",
        "UNPACK",
    }
)
"""Operators of TFLite's schema that accumulate no products."""


def may_multiply(op: FileOperator) -> bool:
    """Whether an operator may do multiply-accumulates that are not counted."""
    return op.geometry is None and (op.is_custom or op.code not in WITHOUT_PRODUCTS)
