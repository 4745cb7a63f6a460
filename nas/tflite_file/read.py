"""Reads an int8 .tflite file, also one that another program made, and trusts nothing in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nas.tflite_file.flatbuffer import BadModelFile, FileBytes, Table, damaged, root_table
from nas.tflite_file.model import ABSENT, FileModel, FileOperator, FileTensor, Role
from nas.tflite_file.offline_plan import read_offline_plan
from nas.tflite_file.operators import check_numbers, read_codes, read_operators
from nas.tflite_file.parts import file_parts
from nas.tflite_file.tensors import read_buffers, read_tensors
from nas.tflite_file.types import check_is_int8

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
MOST_STEPS = 4096
"""Operators, and activations, that are planned for; planning takes time with their square, here seconds."""
MOST_FILE_BYTES = 1 << 28
"""256 MiB of weights are no network for a microcontroller."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a model file.

    Raises:
        BadModelFile: there are more than any model for a microcontroller has.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(MOST_FILE_BYTES + 1)
    if len(data) > MOST_FILE_BYTES:
        raise BadModelFile(
            f"{path} has more than {MOST_FILE_BYTES:,} bytes, which no model for a microcontroller has: "
            "give a .tflite file"
        )
    return data


def read_model(data: bytes) -> FileModel:
    """What the file of these bytes says, once all of it has been found to hold together.

    Raises:
        BadModelFile: it is empty, no .tflite file, cut short, damaged, not quantized to int8, of several
            subgraphs, or of shapes that are known only at run time.
    """
    file = FileBytes(data)
    model = root_table(file, IDENTIFIER, "the model")
    if (version := model.number(0, "I", 0)) != SCHEMA_VERSION:
        raise damaged(f"its schema has version {version}, {SCHEMA_VERSION} is the one there is")
    subgraph = _only_subgraph(model)
    buffers = read_buffers(model)
    tensors = read_tensors(subgraph, buffers)
    operators = read_operators(subgraph, read_codes(model), tensors)
    inputs = subgraph.int32s(1, "the model's inputs")
    outputs = subgraph.int32s(2, "the model's outputs")
    _check_count(tensors, operators)
    _check_order(tensors, operators, inputs, outputs)
    check_is_int8(tensors, operators)
    plan = read_offline_plan(model, buffers, len(tensors))
    parts = file_parts(len(data), subgraph, tensors, operators)
    return FileModel(tensors, operators, inputs, outputs, plan, parts)


def _only_subgraph(model: Table) -> Table:
    subgraphs = model.tables(2, "subgraph")
    if len(subgraphs) != 1:
        raise BadModelFile(
            f"the model has {len(subgraphs)} subgraphs (control flow such as IF or WHILE), and only one can "
            "be checked: convert it without control flow"
        )
    return subgraphs[0]


def _check_count(tensors: Sequence[FileTensor], operators: Sequence[FileOperator]) -> None:
    activations = sum(tensor.role is Role.ACTIVATION for tensor in tensors)
    if max(len(operators), activations) > MOST_STEPS:
        raise BadModelFile(
            f"the model has {len(operators):,} operators and {activations:,} activations, and at most "
            f"{MOST_STEPS:,} of each are looked at: it is no model for a microcontroller, or damaged"
        )


def _check_order(
    tensors: Sequence[FileTensor],
    operators: Sequence[FileOperator],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> None:
    """Accepts operators of which each reads what is there when it runs.

    Raises:
        BadModelFile: there are none, or one reads what is not written yet, or writes what is there already.
    """
    if not operators or not inputs or not outputs:
        raise BadModelFile(
            f"the model has {len(inputs)} inputs, {len(operators)} operators and {len(outputs)} outputs, and "
            "needs at least one of each: export it again"
        )
    check_numbers(inputs, len(tensors), "the model's inputs", may_be_absent=False)
    check_numbers(outputs, len(tensors), "the model's outputs", may_be_absent=False)
    there = {tensor.index for tensor in tensors if tensor.role is not Role.ACTIVATION}
    if len(set(inputs)) != len(inputs) or there.intersection(inputs):
        raise damaged("an input of the model is given twice or is a constant")
    there.update(inputs)
    for op in operators:
        _run(op, tensors, there)
    if missing := [tensors[number].name for number in outputs if number not in there]:
        raise damaged(f"no operator writes the model's output {missing[0]}")


def _run(op: FileOperator, tensors: Sequence[FileTensor], there: set[int]) -> None:
    for number in op.inputs:
        if number != ABSENT and number not in there:
            raise damaged(f"operator {op.name} reads {tensors[number].name}, which nothing writes before it")
    for number in op.outputs:
        if tensors[number].size_bytes == 0:
            raise BadModelFile(
                f"operator {op.name} writes {tensors[number].name} of shape {tensors[number].shape}, which "
                "is known only at run time: convert the model with fixed shapes"
            )
        if number in there:
            raise damaged(f"operator {op.name} writes {tensors[number].name}, which is there already")
        there.add(number)
