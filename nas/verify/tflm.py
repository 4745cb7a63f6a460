"""Executes a .tflite file in TensorFlow Lite Micro, whose word on arena and outputs is final.

The interpreter comes from the `tflite-micro` wheel (Linux on x86-64), built with the reference kernels.
Importing this module does not need it.
"""

from __future__ import annotations

import importlib
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas.verify.native_stderr import native_stderr

AMPLE_ARENA_BYTES = 64 * 2**20
"""More than any network here needs; the room that is not used is never touched."""
TRIAL_SECONDS = 120
ARENA_STEP_BYTES = 16
"""What TFLM aligns an arena to (micro_arena_constants.h, `MicroArenaBufferAlignment`)."""


class TflmRefused(ValueError):
    """TensorFlow Lite Micro would not load or run a model."""


@dataclass(frozen=True, slots=True)
class RecordedArena:
    """What TensorFlow Lite Micro recorded; the head holds activations, the tail what stays with the model."""

    head_bytes: int
    tail_bytes: int
    total_bytes: int


def tflm_version() -> str | None:
    """The version of the installed wheel, or None where there is none."""
    try:
        return metadata.version("tflite-micro")
    except metadata.PackageNotFoundError:
        return None


def record_arena(model: bytes) -> RecordedArena:
    """The arena that `model` takes once it is ready to run, in bytes.

    Raises:
        TflmRefused: the model cannot be loaded, or the wheel is not installed.
    """
    with native_stderr() as written:
        interpreter = _load(model, AMPLE_ARENA_BYTES, written)
        interpreter.print_allocations()
        text = written()
    return read_recorded(text)


def read_recorded(text: str) -> RecordedArena:
    """The figures out of what TensorFlow Lite Micro printed.

    Raises:
        TflmRefused: they are not in it.
    """
    return RecordedArena(_figure(text, "head"), _figure(text, "tail"), _figure(text, "total"))


def check_installed() -> None:
    """Accepts a computer on which models can be executed.

    Raises:
        TflmRefused: the wheel is not installed.
    """
    _runtime()


def run_tflm(model: bytes, images: NDArray[np.int8]) -> NDArray[np.int8]:
    """The outputs (count, classes) of images (count, height, width, channels), both as int8 codes.

    Takes about 0.7 ms an image for every million multiply-accumulates, on one core.

    Raises:
        TflmRefused: the model cannot be loaded or does not run on these images.
    """
    with native_stderr() as written:
        interpreter = _load(model, AMPLE_ARENA_BYTES, written)
    shape = tuple(interpreter.get_input_details(0)["shape"].tolist())
    if images.dtype != np.int8 or shape != (1, *images.shape[1:]):
        raise TflmRefused(
            f"the model takes int8 images {shape[1:]}, got {images.dtype} {images.shape[1:]}: convert them"
        )
    outputs = np.empty((len(images), *interpreter.get_output_details(0)["shape"][1:]), dtype=np.int8)
    for index in range(len(images)):
        interpreter.set_input(images[index : index + 1], 0)
        interpreter.invoke()
        outputs[index] = interpreter.get_output(0)[0]
    return outputs


def runs_within(model: bytes, arena_bytes: int) -> bool:
    """Whether `model` is prepared and runs in an arena of `arena_bytes`: tried in a process of its own.

    Raises:
        TflmRefused: the wheel is not installed.
    """
    _runtime()
    program = [sys.executable, str(Path(__file__).with_name("arena_trial.py")), str(arena_bytes)]
    trial = subprocess.run(program, input=model, capture_output=True, timeout=TRIAL_SECONDS, check=False)
    return trial.returncode == 0


def smallest_arena(model: bytes, near_bytes: int) -> int | None:
    """The smallest arena, in steps of 16 B, that `model` was seen to run in, looked for around `near_bytes`.

    It can be larger than the recorded total, which leaves out what preparing needs. None where nothing up to
    `near_bytes` + 1 KiB is enough.

    Raises:
        TflmRefused: the wheel is not installed.
    """
    near = -(-near_bytes // ARENA_STEP_BYTES) * ARENA_STEP_BYTES
    if runs_within(model, near):
        while near > ARENA_STEP_BYTES and runs_within(model, near - ARENA_STEP_BYTES):
            near -= ARENA_STEP_BYTES
        return near
    larger = range(near + ARENA_STEP_BYTES, near + 1024 + 1, ARENA_STEP_BYTES)
    return next((size for size in larger if runs_within(model, size)), None)


def _load(model: bytes, arena_bytes: int, written: Callable[[], str]) -> Any:  # noqa: ANN401 - an untyped package
    runtime = _runtime()
    try:
        return runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    except (RuntimeError, ValueError, struct.error) as error:
        said = " ".join(written().split())
        raise TflmRefused(f"TensorFlow Lite Micro cannot load the model: {said or error}") from error


def _runtime() -> Any:  # noqa: ANN401 - an untyped package
    try:
        return importlib.import_module("tflite_micro").runtime
    except ImportError as error:
        raise TflmRefused(
            "executing a model needs the tflite-micro wheel (Linux, x86-64): install it there"
        ) from error


def _figure(text: str, part: str) -> int:
    found = re.search(rf"Arena allocation {part} (\d+) bytes", text)
    if found is None:
        raise TflmRefused(f"TensorFlow Lite Micro did not record the arena's {part}; it said: {text[:200]!r}")
    return int(found.group(1))
