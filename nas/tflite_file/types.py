"""Whether a model computes in int8, and what to do about one that does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nas.tflite_file.flatbuffer import BadModelFile
from nas.tflite_file.model import ABSENT, FileOperator, FileTensor, Role

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
FLOATS = ("FLOAT32", "FLOAT16", "BFLOAT16", "FLOAT64")
CONVERT = (
    "convert it with full-integer quantization to int8: a TFLiteConverter with "
    "optimizations=[Optimize.DEFAULT], a representative_dataset and "
    "target_spec.supported_ops=[OpsSet.TFLITE_BUILTINS_INT8]"
)


def check_is_int8(tensors: Sequence[FileTensor], operators: Iterable[FileOperator]) -> None:
    """Accepts a model whose weighted operators all compute in int8.

    Others may not: a model can take floats and quantize them itself, which costs memory and is counted.

    Raises:
        BadModelFile: it computes in float, uint8 or int16, or has nothing in int8.
    """
    for op in operators:
        if op.code in WEIGHTED and (kind := _computes_in(op, tensors)) not in (None, "INT8"):
            raise BadModelFile(_sentence(op, str(kind), _weights_type(op, tensors)))
    kinds = {tensor.type for tensor in tensors if tensor.role is Role.ACTIVATION}
    if "INT8" not in kinds:
        raise BadModelFile(
            f"no activation of the model is int8 ({', '.join(sorted(kinds)) or 'there is none'}): {CONVERT}"
        )


def _computes_in(op: FileOperator, tensors: Sequence[FileTensor]) -> str | None:
    """The type of the first activation that an operator reads."""
    read = (tensors[number] for number in op.inputs if number != ABSENT)
    return next((tensor.type for tensor in read if tensor.role is Role.ACTIVATION), None)


def _weights_type(op: FileOperator, tensors: Sequence[FileTensor]) -> str | None:
    read = (tensors[number] for number in op.inputs if number != ABSENT)
    return next((tensor.type for tensor in read if tensor.role is Role.CONSTANT), None)


def _sentence(op: FileOperator, kind: str, weights: str | None) -> str:
    if kind in FLOATS and weights in ("INT8", "UINT8"):
        return (
            f"the model has int8 weights but computes in float (operator {op.name} reads {kind.lower()}), "
            f"which is dynamic-range quantization: {CONVERT}"
        )
    if kind in FLOATS:
        return f"the model computes in float (operator {op.name} reads {kind.lower()}): {CONVERT}"
    return (
        f"the model computes in {kind.lower()} (operator {op.name}), int8 is what can be checked: {CONVERT}"
    )
