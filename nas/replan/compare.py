"""Executes two files of one network on the same inputs and compares what comes out, bit by bit.

A classifier's few outputs hide much: two classes after a softmax take a handful of values. What one of the
last operators writes into a wide tensor is compared, too, by files that end with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.replan.rewrite import shortened
from nas.tflite_file.model import FileModel, FileOperator
from nas.tflite_file.read import read_model
from nas.verify.isolated import SECONDS, run_isolated

SECONDS_AN_INPUT = 0.5
"""Far more than a network for a microcontroller takes here: it only keeps a hang from lasting for ever."""
WIDE_BYTES = 64


class OutputsDiffer(ValueError):
    """A file gives other outputs than the one that it was made from."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many inputs were compared, for how many the results differed, and how many results were distinct.

    `inner` is the operator whose result was compared beside the outputs, in the old file, None where the
    outputs are all there is; `inner_distinct` counts its distinct results.
    """

    inputs: int
    differing: int
    distinct: int
    inner: FileOperator | None
    inner_distinct: int


def compare(before: bytes, after: bytes, inputs: NDArray[np.uint8]) -> Compared:
    """What both files make of `inputs`, (count, bytes of all of the model's inputs).

    Each runs in a process of its own, from its first input to its last.

    Raises:
        TflmRefused: TensorFlow Lite Micro cannot run one of them, or dies of it.
    """
    old, new = read_model(before), read_model(after)
    first, second = (_outputs(model, data, inputs) for model, data in ((old, before), (new, after)))
    differs = (first != second).any(axis=1)
    inner = _last_wide(new)
    inner_distinct = 0
    if inner is not None:
        first_inner, second_inner = (_up_to(data, inner.outputs[0], inputs) for data in (before, after))
        differs |= (first_inner != second_inner).any(axis=1)
        inner_distinct = _distinct(first_inner)
    return Compared(len(inputs), int(differs.sum()), _distinct(first), inner, inner_distinct)


def check_same(compared: Compared, *, old_plan_is_safe: bool) -> None:
    """Accepts a comparison that found no difference.

    Raises:
        OutputsDiffer: it found some.
    """
    if not compared.differing:
        return
    found = f"on {compared.differing} of {compared.inputs} inputs the replanned model gives other outputs"
    if old_plan_is_safe:
        raise OutputsDiffer(
            f"{found}, which must be equal bit by bit: nothing was written; use --kernels other, which plans "
            "without overlaps"
        )
    raise OutputsDiffer(
        f"{found}: the memory plan in the file lets values be overwritten that are still needed, so nothing "
        "was written; give the file without that plan"
    )


def _last_wide(model: FileModel) -> FileOperator | None:
    """The last operator with one wide output, unless that is an output of the model."""
    for op in reversed(model.operators):
        if len(op.outputs) == 1 and model.tensors[op.outputs[0]].size_bytes >= WIDE_BYTES:
            return None if op.outputs[0] in model.outputs else op
    return None


def _up_to(data: bytes, tensor: int, inputs: NDArray[np.uint8]) -> NDArray[np.int8]:
    """What a file has in a tensor right after it was written, (count, bytes)."""
    model = read_model(data)
    writer = next(op for op in model.operators if tensor in op.outputs)
    short = shortened(data, writer.index + 1, tensor)
    return _outputs(read_model(short), short, inputs)


def _outputs(model: FileModel, data: bytes, inputs: NDArray[np.uint8]) -> NDArray[np.int8]:
    return run_isolated(
        data,
        inputs,
        input_count=len(model.inputs),
        output_count=len(model.outputs),
        seconds=SECONDS + SECONDS_AN_INPUT * len(inputs),
    )


def _distinct(results: NDArray[np.int8]) -> int:
    return len(np.unique(results, axis=0))
