"""A network as its memory sees it: which buffers each step reads and writes, and what may lie over what.

A `Graph` and a foreign model file both become a `Program`, and everything that orders, places and checks
buffers works on that alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Step:
    """One op: the activations that it reads and writes, by name, and its kernel's scratch memory.

    `gaps` has one entry a read: the least (start of what is read - start of what is written), in bytes, with
    which the first write may lie over it if nothing needs it afterwards; None where they must be apart.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    gaps: tuple[int | None, ...]
    scratch_bytes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """Steps in the order in which they run; `sizes` are the bytes of every activation, not aligned.

    `inputs` are filled before the first step and `outputs` read after the last one.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sizes: dict[str, int]
    steps: tuple[Step, ...]

    def with_steps(self, steps: Iterable[Step]) -> Program:
        """The same network with its steps in another order."""
        return replace(self, steps=tuple(steps))
