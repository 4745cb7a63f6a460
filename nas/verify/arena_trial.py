"""Run as a program: does the model on standard input run in an arena of so many bytes?

A program of its own, because the native code may bring its process down where the arena is too small. It
imports nothing of this project, so that it starts fast.
"""

from __future__ import annotations

import sys

from tflite_micro import runtime


def main() -> int:
    """0 where the model prepares and runs; an exception ends the program with 1."""
    interpreter = runtime.Interpreter.from_bytes(sys.stdin.buffer.read(), arena_size=int(sys.argv[1]))
    interpreter.invoke()
    return 0


if __name__ == "__main__":
    sys.exit(main())
