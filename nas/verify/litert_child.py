"""Run as a program: times the model on standard input in LiteRT.

A program of its own, because native code that is handed a damaged model may die. On standard output: the
seconds of every inference, float64; whatever the runtime prints goes to standard error.
"""

from __future__ import annotations

import os
import resource
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

ENOUGH_SECONDS = 1.0
MOST_MEMORY_BYTES = 4 * 2**30
"""A damaged model may ask for any amount."""


def main() -> int:
    """0 once it is done; an exception ends the program with 1."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    interpreter = Interpreter(model_content=sys.stdin.buffer.read(), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.invoke()
    seconds: list[float] = []
    while len(seconds) < int(sys.argv[1]) and sum(seconds) < ENOUGH_SECONDS:
        began = time.perf_counter()
        interpreter.invoke()
        seconds.append(time.perf_counter() - began)
    results.write(np.array(seconds, dtype=np.float64).tobytes())
    results.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
