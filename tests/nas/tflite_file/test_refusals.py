import struct
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nas.tflite_file.flatbuffer import BadModelFile
from nas.tflite_file.read import read_bytes, read_model
from tests.nas.tflite_file.foreign import (
    FLOAT32,
    INT16,
    UINT8,
    ForeignOperator,
    ForeignTensor,
    conv_options,
    fused_options,
)
from tests.nas.tflite_file.foreign_models import B, branches, classifier


def refused(data: bytes) -> str:
    with pytest.raises(BadModelFile) as error:
        read_model(data)
    said = str(error.value)
    assert "\n" not in said
    return said


def with_tensor(index: int, **changes: object) -> bytes:
    foreign = branches()
    tensors = list(foreign.tensors)
    tensors[index] = replace(tensors[index], **changes)  # type: ignore[arg-type] - checked by the test itself
    return replace(foreign, tensors=tensors).write()


IDLE = ForeignTensor((1, 4), name="idle")
REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"no model at all", "no TensorFlow Lite file"),
    "float": (classifier(FLOAT32, FLOAT32).write(), "computes in float"),
    "float with int8 weights": (classifier(FLOAT32).write(), "dynamic-range quantization"),
    "uint8": (classifier(UINT8).write(), "computes in uint8"),
    "int16": (classifier(INT16).write(), "computes in int16"),
    "open height": (with_tensor(0, signature=(1, -1, 6, 4)), r"dynamic shape \(1, -1, 6, 4\)"),
    "open shape": (with_tensor(0, shape=(-1, 6, 6, 4)), "dynamic shape"),
    "nothing written": (with_tensor(7, shape=(1, 0, 6, 4)), "known only at run time"),
    "two subgraphs": (replace(branches(), subgraphs=2).write(), "2 subgraphs"),
    "no subgraph": (replace(branches(), subgraphs=0).write(), "0 subgraphs"),
    "no operators": (replace(branches(), operators=(), outputs=(0,)).write(), "0 operators"),
    "no outputs": (replace(branches(), outputs=()).write(), "0 outputs"),
    "plan for others": (replace(branches(), plan=(0, 16)).write(), "memory plan"),
    "other version": (replace(branches(), version=2).write(), "schema has version 2"),
    "too large": (with_tensor(7, shape=(1, 60_000, 60_000, 4)), "more than the 268,435,456"),
    "wrong weights": (with_tensor(1, shape=(4, 3, 3, 8)), "takes 288 bytes and has 144"),
    "wrong output": (with_tensor(3, shape=(1, 6, 5, 4)), "its window makes 6 x 6"),
    "wrong channels": (with_tensor(0, shape=(1, 6, 6, 3)), "has weights"),
    "input written": (
        replace(branches(), inputs=(0, 4)).write(),
        "writes right, which is there already",
    ),
    "constant input": (replace(branches(), inputs=(0, 1)).write(), "is a constant"),
    "endless": (replace(branches(), tensors=[*branches().tensors, *[IDLE] * 5000]).write(), "at most 4,096"),
    "input twice": (replace(branches(), inputs=(0, 0)).write(), "given twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_refused_in_one_sentence(name: str):
    data, words = REFUSED[name]
    with pytest.raises(BadModelFile, match=words):
        read_model(data)
    refused(data)


@pytest.mark.parametrize("name", ["float", "uint8", "int16", "float with int8 weights"])
def test_a_model_of_another_type_is_told_how_to_become_int8(name: str):
    said = refused(REFUSED[name][0])
    assert "full-integer quantization" in said
    assert "representative_dataset" in said


def test_an_operator_that_reads_what_is_written_later_is_refused():
    foreign = branches()
    first, second, *rest = foreign.operators
    assert "reads left" in refused(replace(foreign, operators=[first, rest[0], second, rest[1]]).write())


def test_an_operator_that_reads_its_own_output_is_refused():
    foreign = branches()
    loop = ForeignOperator(B.ADD, (4, 6), (6,), fused_options("AddOptions"))
    operators = [*foreign.operators[:2], loop, foreign.operators[3]]
    assert "reads sum, which nothing writes before it" in refused(
        replace(foreign, operators=operators).write()
    )


def test_a_window_without_options_is_refused():
    foreign = branches()
    operators = [replace(foreign.operators[0], options=None), *foreign.operators[1:]]
    assert "has no options" in refused(replace(foreign, operators=operators).write())


def test_a_stride_of_zero_is_refused():
    foreign = branches()
    operators = [replace(foreign.operators[0], options=conv_options(stride=0)), *foreign.operators[1:]]
    assert "stride (0, 0)" in refused(replace(foreign, operators=operators).write())


def test_a_file_that_is_cut_anywhere_is_refused():
    data = branches().write()
    for length in range(len(data)):
        refused(data[:length])


def test_a_table_that_is_pointed_at_from_everywhere_does_not_take_for_ever():
    """A hundred thousand tensors, all of them one table, whose name is as long as the file."""
    count = 100_000
    name = struct.pack("<I", 4 * count) + b"long" * count
    vtable = struct.pack("<6H", 12, 8, 0, 0, 0, 4)
    tensor = struct.pack("<iI", len(vtable), 4) + name
    pointers = b"".join(struct.pack("<I", 4 * (count - index) + len(vtable)) for index in range(count))
    vector = struct.pack("<I", count) + pointers + vtable
    subgraph = struct.pack("<3H2xiI", 6, 8, 4, 8, 4)
    subgraphs, buffers = struct.pack("<II", 1, 28), struct.pack("<IIHHi", 1, 8, 4, 4, 4)
    model = struct.pack("<7H2xiIII", 14, 16, 8, 0, 4, 0, 12, 16, 12, 3, 12)
    data = struct.pack("<I4s", 24, b"TFL3") + model + subgraphs + buffers + subgraph + vector + tensor
    began = time.perf_counter()
    assert "point at each other too often" in refused(data)
    assert time.perf_counter() - began < 5


def test_a_file_without_end_is_not_read_to_its_end():
    with pytest.raises(BadModelFile, match="more than 268,435,456 bytes"):
        read_bytes(Path("/dev/zero"))
