"""Which kernels a target runs, where its file does not say: told from the name of its core."""

from __future__ import annotations

import re

from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels

HOST_CORE = "host"
_CORTEX_M = re.compile(r"cortex-?m(\d+)")
_DSP = frozenset({4, 7, 33, 35})
_MVE = frozenset({52, 55, 85})


def kernels_of(core: str, library: KernelLibrary | None) -> Kernels:
    """The kernels of a core.

    Where no library is named: the reference kernels on the host, CMSIS-NN on a Cortex-M, "other" elsewhere.
    Instructions follow from the core's name (CMSIS-NN, README, the cores with DSP and MVE extensions),
    pointers are 4 bytes on every core but the host.
    """
    if core == HOST_CORE:
        return Kernels(library or HOST.library, HOST.instructions, HOST.pointer_bytes)
    usual = KernelLibrary.CMSIS_NN if _CORTEX_M.match(core) else KernelLibrary.OTHER
    return Kernels(library or usual, _instructions(core), pointer_bytes=4)


def _instructions(core: str) -> Instructions:
    named = _CORTEX_M.match(core)
    number = int(named.group(1)) if named else 0
    if number in _MVE:
        return Instructions.MVE
    return Instructions.DSP if number in _DSP else Instructions.SCALAR
