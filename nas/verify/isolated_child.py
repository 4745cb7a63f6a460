"""Run as a program: does what its first argument says with a model, in TensorFlow Lite Micro.

A program of its own, because native code that is handed a damaged model may die or never end. It imports
nothing of this project, so that it starts fast. On standard input: the model's size, eight bytes, the model,
then for `run` the inputs, one after another, each as the bytes of all of the model's inputs. On standard
output: for `record` nothing (the figures go to standard error); for `run` the bytes of all outputs, input by
input; for `time` the seconds of every inference, float64.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
import time

import numpy as np
from tflite_micro import runtime

Interpreter = runtime.Interpreter
MOST_MEMORY_BYTES = 4 * 2**30
"""A damaged file can ask for any amount."""
ENOUGH_RUNS = 200
ENOUGH_SECONDS = 1.0


def main() -> int:
    """0 once it is done; an exception ends the program with 1."""
    task, arena_bytes, inputs, outputs = sys.argv[1], *(int(number) for number in sys.argv[2:5])
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not mix with the results
    (size,) = struct.unpack("<Q", sys.stdin.buffer.read(8))
    interpreter = Interpreter.from_bytes(sys.stdin.buffer.read(size), arena_size=arena_bytes)
    if task == "record":
        interpreter.invoke()
        interpreter.print_allocations()
    elif task == "run":
        rest = np.frombuffer(sys.stdin.buffer.read(), dtype=np.uint8)
        results.write(_run(interpreter, rest, inputs, outputs))
    else:
        results.write(np.array(_time(interpreter), dtype=np.float64).tobytes())
    results.close()
    return 0


def _run(interpreter: Interpreter, rest: np.ndarray, inputs: int, outputs: int) -> bytes:
    details = [interpreter.get_input_details(index) for index in range(inputs)]
    sizes = [int(np.prod(one["shape"])) * np.dtype(one["dtype"]).itemsize for one in details]
    written = []
    for sample in rest.reshape(-1, sum(sizes)):
        start = 0
        for index, (one, size) in enumerate(zip(details, sizes, strict=True)):
            codes = sample[start : start + size].view(one["dtype"]).reshape(one["shape"])
            interpreter.set_input(codes, index)
            start += size
        interpreter.invoke()
        written.extend(interpreter.get_output(index).tobytes() for index in range(outputs))
    return b"".join(written)


def _time(interpreter: Interpreter) -> list[float]:
    """The inputs are left as they are: what the kernels do does not depend on them."""
    interpreter.invoke()
    seconds: list[float] = []
    while len(seconds) < ENOUGH_RUNS and sum(seconds) < ENOUGH_SECONDS:
        began = time.perf_counter()
        interpreter.invoke()
        seconds.append(time.perf_counter() - began)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
