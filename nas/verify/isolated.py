"""TensorFlow Lite Micro in a child process with a time limit: for models of which nothing is known.

A damaged file, or a memory plan that leaves the arena, can bring native code down or keep it busy for ever.
Either is one sentence here.
"""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from nas.verify.tflm import AMPLE_ARENA_BYTES, RecordedArena, TflmRefused, check_installed, read_recorded

SECONDS = 60.0
CHILD = Path(__file__).with_name("isolated_child.py")
MOST_SAID = 300
"""Letters of what the runtime says that an error repeats."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one inference: the median of `runs` and the shortest of them."""

    median_ms: float
    least_ms: float
    runs: int


def record_isolated(model: bytes, seconds: float = SECONDS) -> RecordedArena:
    """The arena that `model` takes, recorded after one inference.

    Raises:
        TflmRefused: the model cannot be loaded or run, the runtime died or took longer than `seconds`, or the
            wheel is not installed.
    """
    return read_recorded(_child("record", model, b"", seconds, (1, 1)).said)


def run_isolated(
    model: bytes,
    inputs: NDArray[np.generic],
    *,
    input_count: int = 1,
    output_count: int = 1,
    seconds: float = SECONDS,
) -> NDArray[np.int8]:
    """The outputs of many samples, (samples, bytes of all outputs), as the bytes they are.

    `inputs` is (samples, ...), each sample holding the bytes of the model's inputs one after another.

    Raises:
        TflmRefused: as `record_isolated` does, or the samples do not have the size of the model's inputs.
    """
    samples = np.ascontiguousarray(inputs)
    done = _child("run", model, samples.tobytes(), seconds, (input_count, output_count))
    outputs = np.frombuffer(done.results, dtype=np.int8)
    if len(samples) == 0 or len(outputs) % len(samples):
        raise TflmRefused(
            f"{len(samples)} samples gave {len(outputs)} bytes of outputs: give whole samples, one at least"
        )
    return outputs.reshape(len(samples), -1)


def time_isolated(model: bytes, seconds: float = SECONDS) -> Timed:
    """How long one inference takes on this computer, on one core with the reference kernels.

    Raises:
        TflmRefused: as `record_isolated` does.
    """
    done = _child("time", model, b"", seconds, (1, 1))
    taken = np.frombuffer(done.results, dtype=np.float64) * 1000
    if len(taken) == 0:
        raise TflmRefused("TensorFlow Lite Micro ran the model and gave no times: try again")
    return Timed(median(taken.tolist()), float(taken.min()), len(taken))


@dataclass(frozen=True, slots=True)
class _Done:
    results: bytes
    said: str


def _child(task: str, model: bytes, inputs: bytes, seconds: float, counts: tuple[int, int]) -> _Done:
    check_installed()
    program = [sys.executable, str(CHILD), task, str(AMPLE_ARENA_BYTES), *(str(count) for count in counts)]
    given = struct.pack("<Q", len(model)) + model + inputs
    try:
        child = subprocess.run(program, input=given, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise TflmRefused(f"TensorFlow Lite Micro was not done with the model after {seconds:g} s") from error
    said = child.stderr.decode(errors="replace")
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise TflmRefused(f"TensorFlow Lite Micro died of the model ({name}){_last_words(said)}")
    if child.returncode > 0:
        raise TflmRefused(f"TensorFlow Lite Micro cannot run the model{_last_words(said)}")
    return _Done(child.stdout, said)


def _last_words(said: str) -> str:
    """What the runtime printed before Python's traceback, else the traceback's last line."""
    before, marker, trace = said.partition("Traceback (most recent call last)")
    words = " ".join(before.split()) or (trace.strip().splitlines() or [""])[-1].strip()
    return f": {words[:MOST_SAID]}" if words and (marker or before) else ""
