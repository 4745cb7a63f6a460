"""The bytes of a .tflite file by what they are for; they add up to the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from nas.tflite_file.flatbuffer import Span, Table, damaged
from nas.tflite_file.model import ABSENT, FileOperator, FileParts, FileTensor

BIASED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
LENGTH_BYTES = 4
"""What stands before the elements of a vector."""
_QUANTIZATION_VECTORS = ((0, 4), (1, 4), (2, 4), (3, 8))
"""Slot and width of the least and largest values, scales and zero points (schema.fbs)."""


def file_parts(
    file_bytes: int, subgraph: Table, tensors: Sequence[FileTensor], operators: Sequence[FileOperator]
) -> FileParts:
    """Data of weights and biases without what aligns them; what several tensors share counts once.

    Raises:
        BadModelFile: two parts share some of their bytes.
    """
    bias_numbers = _bias_numbers(operators, tensors)
    biases = {tensors[number].data for number in bias_numbers}
    weights = {tensor.data for tensor in tensors} - biases
    quantization = set(_quantization_spans(subgraph))
    bias_spans = [span for span in biases if span is not None]
    weight_spans = [span for span in weights if span is not None]
    _check_apart([*bias_spans, *weight_spans, *quantization])
    sizes = [_bytes(spans) for spans in (weight_spans, bias_spans, quantization)]
    return FileParts(*sizes, structure=file_bytes - sum(sizes))


def _bias_numbers(operators: Sequence[FileOperator], tensors: Sequence[FileTensor]) -> set[int]:
    """The tensors of 32 or 64 bits that weighted operators read after their weights."""
    numbers = {
        number for op in operators if op.code in BIASED for number in op.inputs[2:] if number != ABSENT
    }
    return {number for number in numbers if tensors[number].type in ("INT32", "INT64")}


def _quantization_spans(subgraph: Table) -> Iterable[Span]:
    for tensor in subgraph.tables(0, "tensor"):
        table = tensor.table(4, f"the quantization of {tensor.what}")
        if table is None:
            continue
        yield table.span
        for slot, width in _QUANTIZATION_VECTORS:
            data = table.vector(slot, width, f"the quantization of {tensor.what}")
            if data is not None:
                yield Span(data.start - LENGTH_BYTES, data.end)


def _check_apart(spans: Iterable[Span]) -> None:
    for before, after in pairwise(sorted(spans)):
        if after.start < before.end:
            raise damaged(
                f"the parts at bytes {before.start:,} to {before.end:,} and {after.start:,} to "
                f"{after.end:,} share some bytes"
            )


def _bytes(spans: Iterable[Span]) -> int:
    return sum(span.size_bytes for span in spans)
