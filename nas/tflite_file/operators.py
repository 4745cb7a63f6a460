"""The operators of a .tflite file. Slots are the positions of fields in TensorFlow's schema.fbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tflite

from nas.tflite_file.flatbuffer import Table, damaged
from nas.tflite_file.geometry import RawOperator, operator_geometry
from nas.tflite_file.model import ABSENT, FileOperator, FileTensor

_CODE_NAMES: Mapping[int, str] = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)
}
_ACTIVATION_NAMES: Mapping[int, str] = {
    number: name for name, number in vars(tflite.ActivationFunctionType).items() if isinstance(number, int)
}


@dataclass(frozen=True, slots=True)
class _Options:
    """The type of an operator's options in the schema, and the slot of the fused activation in them."""

    type: int
    activation_slot: int


_OPTIONS: Mapping[str, _Options] = {
    "CONV_2D": _Options(tflite.BuiltinOptions.Conv2DOptions, 3),
    "DEPTHWISE_CONV_2D": _Options(tflite.BuiltinOptions.DepthwiseConv2DOptions, 4),
    "MAX_POOL_2D": _Options(tflite.BuiltinOptions.Pool2DOptions, 5),
    "AVERAGE_POOL_2D": _Options(tflite.BuiltinOptions.Pool2DOptions, 5),
    "FULLY_CONNECTED": _Options(tflite.BuiltinOptions.FullyConnectedOptions, 0),
    "ADD": _Options(tflite.BuiltinOptions.AddOptions, 0),
}


@dataclass(frozen=True, slots=True)
class OperatorCode:
    """What an operator is: the schema's name, or that of a custom one."""

    name: str
    is_custom: bool


def read_codes(model: Table) -> tuple[OperatorCode, ...]:
    """The operator codes that operators name by number.

    Raises:
        BadModelFile: a code is below 0 or a custom operator has no name.
    """
    return tuple(_code(table) for table in model.tables(1, "operator code"))


def _code(table: Table) -> OperatorCode:
    """Old files hold the code in one byte, new ones in four (schema.fbs, `OperatorCode`)."""
    number = max(table.number(0, "b", 0), table.number(3, "i", 0))
    if number < 0:
        raise damaged(f"{table.what} is {number}")
    if number != tflite.BuiltinOperator.CUSTOM:
        return OperatorCode(_CODE_NAMES.get(number, f"BUILTIN_{number}"), is_custom=False)
    name = "".join(letter if letter.isprintable() else "?" for letter in table.text(1, table.what))[:40]
    if not name:
        raise damaged(f"{table.what} is a custom operator without a name")
    return OperatorCode(name, is_custom=True)


def read_operators(
    subgraph: Table, codes: Sequence[OperatorCode], tensors: Sequence[FileTensor]
) -> tuple[FileOperator, ...]:
    """The operators of a subgraph, in their order.

    Raises:
        BadModelFile: one names a code or a tensor that is not there, or contradicts its tensors.
    """
    return tuple(
        _operator(index, table, codes, tensors) for index, table in enumerate(subgraph.tables(3, "operator"))
    )


def _operator(
    index: int, table: Table, codes: Sequence[OperatorCode], tensors: Sequence[FileTensor]
) -> FileOperator:
    number = table.number(0, "I", 0)
    if number >= len(codes):
        raise damaged(f"operator {index} names operator code {number} of {len(codes)}")
    code = codes[number]
    what = f"operator {index} ({code.name})"
    inputs = table.int32s(1, f"the inputs of {what}")
    outputs = table.int32s(2, f"the outputs of {what}")
    check_numbers(inputs, len(tensors), f"the inputs of {what}", may_be_absent=True)
    check_numbers(outputs, len(tensors), f"the outputs of {what}", may_be_absent=False)
    options = None if code.is_custom else _own_options(table, code.name, what)
    read = tuple(None if number == ABSENT else tensors[number] for number in inputs)
    written = tuple(tensors[number] for number in outputs)
    raw = RawOperator(what, code.name, options, read, written)
    geometry = None if code.is_custom else operator_geometry(raw)
    activation = None if options is None else _activation(options, _OPTIONS[code.name], what)
    return FileOperator(index, code.name, code.is_custom, inputs, outputs, activation, geometry)


def check_numbers(numbers: Sequence[int], tensors: int, what: str, *, may_be_absent: bool) -> None:
    """Accepts numbers of tensors that are there.

    Raises:
        BadModelFile: one is not.
    """
    lowest = ABSENT if may_be_absent else 0
    for number in numbers:
        if not lowest <= number < tensors:
            raise damaged(f"{what} name tensor {number} of {tensors}")


def _own_options(table: Table, code: str, what: str) -> Table | None:
    known = _OPTIONS.get(code)
    if known is None or table.number(3, "B", 0) != known.type:
        return None
    return table.table(4, f"the options of {what}")


def _activation(options: Table, known: _Options, what: str) -> str:
    number = options.number(known.activation_slot, "b", 0)
    if number not in _ACTIVATION_NAMES:
        raise damaged(f"{what} has the fused activation {number}")
    return _ACTIVATION_NAMES[number]
