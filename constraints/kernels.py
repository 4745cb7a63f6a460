"""The kernels that a runtime executes a network with, as far as memory depends on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class KernelLibrary(StrEnum):
    """Whose implementation of the ops runs under TensorFlow Lite Micro."""

    REFERENCE = "reference"
    CMSIS_NN = "cmsis-nn"
    OTHER = "other"


class Instructions(StrEnum):
    """The vector instructions that CMSIS-NN finds on a core, on which its scratch memory depends.

    Source: CMSIS-NN, README, "Supported Framework" and the table of cores: none on Cortex-M0 to M3, DSP on
    M4, M7 and M33, MVE (Helium) on M52, M55 and M85.
    """

    SCALAR = "scalar"
    DSP = "dsp"
    MVE = "mve"


@dataclass(frozen=True, slots=True)
class Kernels:
    """A library of kernels on a kind of core; `pointer_bytes` is 4 on a microcontroller, 8 on a host."""

    library: KernelLibrary = KernelLibrary.REFERENCE
    instructions: Instructions = Instructions.SCALAR
    pointer_bytes: int = 8

    @property
    def overlaps(self) -> bool:
        """Whether an op's output may lie over the part of its input that has been read.

        Known for the reference kernels alone, whose order of reads and writes is fixed and was executed;
        other libraries may walk a map in another order, and may change it from version to version.
        """
        return self.library is KernelLibrary.REFERENCE


def read_kernels(saved: Mapping[str, Any]) -> Kernels:
    """Kernels that were saved by `dataclasses.asdict`."""
    return Kernels(
        KernelLibrary(saved["library"]), Instructions(saved["instructions"]), int(saved["pointer_bytes"])
    )


HOST = Kernels()
"""TensorFlow Lite Micro as it runs on the computer that verifies: reference kernels, 64-bit pointers."""
