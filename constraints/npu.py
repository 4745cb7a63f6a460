"""What Arm's compiler Vela must be told of a neural processor; it alone knows its latency and its memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VelaConfig:
    """Names as the compiler takes them: `--accelerator-config`, `--system-config`, `--memory-mode`.

    The last two are sections of the file `Arm/vela.ini` that comes with it.
    """

    accelerator: str
    system_config: str
    memory_mode: str
    source: str
