"""How long a model takes on this computer: its file is run, on one core, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

import numpy as np

from nas.verify.isolated import time_isolated
from nas.verify.tflm import TflmRefused, tflm_version

RUNS = 200
SECONDS = 60.0
MOST_SAID = 300
LITERT_CHILD = Path(__file__).with_name("litert_child.py")


class HostRefused(ValueError):
    """No runtime on this computer ran the model."""


@dataclass(frozen=True, slots=True)
class HostLatency:
    """Milliseconds of one inference here: the median of `runs`, and how far the shortest is below it.

    `runtime` names what ran, with its version and kernels.
    """

    median_ms: float
    spread_ms: float
    runs: int
    runtime: str


def measure_each(model: bytes, runs: int = RUNS) -> tuple[HostLatency, ...]:
    """Measured in TensorFlow Lite Micro, then in LiteRT: in what is installed and runs the model.

    At most `runs` inferences, and about a second, after one that is not counted.

    Raises:
        HostRefused: none is installed, or none that is runs the model; says what the first one said.
    """
    measured: list[HostLatency] = []
    refused: list[HostRefused] = []
    for measure in _measures(runs):
        try:
            measured.append(measure(model))
        except HostRefused as error:
            refused.append(error)
    if not measured:
        raise refused[0]
    return tuple(measured)


def _measures(runs: int) -> list[Callable[[bytes], HostLatency]]:
    """One for every runtime that is installed; LiteRT's where there is none, which says what to install."""
    found: list[Callable[[bytes], HostLatency]] = [] if tflm_version() is None else [measure_tflm_ms]
    if litert_version() is not None or not found:
        found.append(lambda model: measure_litert_ms(model, runs))
    return found


def measure_tflm_ms(model: bytes) -> HostLatency:
    """Measured in TensorFlow Lite Micro, whose wheel has the reference kernels.

    Raises:
        HostRefused: it is not installed, cannot run the model, dies of it, or takes longer than a minute.
    """
    try:
        timed = time_isolated(model)
    except TflmRefused as error:
        raise HostRefused(str(error)) from error
    runtime = f"TensorFlow Lite Micro {tflm_version()}, reference kernels"
    return HostLatency(timed.median_ms, timed.median_ms - timed.least_ms, timed.runs, runtime)


def measure_litert_ms(model: bytes, runs: int = RUNS) -> HostLatency:
    """Measured in LiteRT with its own kernels (XNNPACK where they apply), on one thread.

    Raises:
        HostRefused: LiteRT is not installed, cannot run the model, dies of it, or takes longer than a minute.
    """
    version = litert_version()
    if version is None:
        raise HostRefused(
            "measuring on this computer needs tflite-micro (Linux, x86-64) or ai-edge-litert: install one"
        )
    program = [sys.executable, str(LITERT_CHILD), str(runs)]
    try:
        done = subprocess.run(program, input=model, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise HostRefused(f"LiteRT was not done with the model after {SECONDS:g} s") from error
    if done.returncode != 0:
        raise HostRefused(f"LiteRT cannot run the model{_last_words(done)}")
    taken = np.frombuffer(done.stdout, dtype=np.float64) * 1000
    middle = median(taken.tolist())
    return HostLatency(middle, middle - float(taken.min()), len(taken), f"LiteRT {version}, one thread")


def litert_version() -> str | None:
    """The version of the installed LiteRT, or None where there is none."""
    try:
        return metadata.version("ai-edge-litert")
    except metadata.PackageNotFoundError:
        return None


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of what was written to standard error, which is Python's when it ended the program."""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return f": {lines[-1].strip()[:MOST_SAID]}" if lines else f" (signal {-done.returncode})"
