"""What Arm's compiler Vela estimates for an Ethos-U: its own model of time and memory, not a measurement.

The compiler runs as a program of its own (0.2 s), because its native part dies of damaged files. Its cycles
are those of the neural processor alone: ops that it leaves to the processor beside it are named and not
timed.
"""

from __future__ import annotations

import csv
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import tflite

from constraints.npu import VelaConfig
from constraints.target import Target

SECONDS = 120.0
MOST_SAID = 300
_KIB = 1024
_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_NPU_OP = b"ethos-u"


class VelaRefused(ValueError):
    """Vela is not installed, or would not compile a model."""


@dataclass(frozen=True, slots=True)
class VelaEstimate:
    """The compiler's estimate for one inference; `by` names it.

    `sram_bytes` is what activations and staged weights take, `flash_bytes` the constants that stay in
    read-only memory, `dram_bytes` what a memory mode with DRAM puts there. `cpu_ops` are the ops left to the
    processor, by their TensorFlow Lite names: their time is not in `latency_ms`.
    """

    cycles: int
    latency_ms: float
    sram_bytes: int
    flash_bytes: int
    dram_bytes: int
    version: str
    cpu_ops: tuple[str, ...]

    @property
    def by(self) -> str:
        """How these figures are known, in words."""
        return f"the compiler's estimate (Vela {self.version})"


def vela_version() -> str | None:
    """The version of the installed compiler, or None where there is none."""
    try:
        return metadata.version("ethos-u-vela")
    except metadata.PackageNotFoundError:
        return None


def compile_for(model: bytes, target: Target, seconds: float = SECONDS) -> VelaEstimate:
    """Compiles `model`, a .tflite file, for the neural processor of `target`.

    Raises:
        VelaRefused: the target has none, Vela is not installed, it does not know the target's configuration,
            cannot compile the model, or takes longer than `seconds`.
    """
    if target.vela is None:
        raise VelaRefused(f"target {target.name} has no [vela] table: choose an Ethos-U of `nas targets`")
    version = vela_version()
    if version is None:
        raise VelaRefused(
            f"target {target.name} is estimated by Arm's compiler Vela: pip install 'budget-nas[npu]'"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model)
        _compile(folder, target.vela, seconds)
        try:
            return _estimate(folder, version)
        except (KeyError, ValueError, StopIteration, struct.error) as error:
            raise VelaRefused(
                f"Vela {version} wrote a summary that cannot be read ({error!r}): install ethos-u-vela 5.2"
            ) from error


def _compile(folder: Path, config: VelaConfig, seconds: float) -> None:
    program = [
        *(sys.executable, "-m", "ethosu.vela", str(folder / "model.tflite"), "--output-dir", str(folder)),
        *("--accelerator-config", config.accelerator, "--config", "Arm/vela.ini"),
        *("--system-config", config.system_config, "--memory-mode", config.memory_mode),
    ]
    try:
        done = subprocess.run(
            program,
            capture_output=True,
            timeout=seconds,
            check=False,
            text=True,
            errors="replace",
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise VelaRefused(f"Vela was not done with the model after {seconds:g} s") from error
    if done.returncode != 0 or not list(folder.glob("*_summary_*.csv")):
        died = f" (signal {-done.returncode})" if done.returncode < 0 else ""
        raise VelaRefused(f"Vela cannot compile the model for {config.accelerator}{died}{_last_words(done)}")


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The line in which Vela, or Python on its behalf, says what is wrong."""
    lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line] or lines
    return f": {telling[-1][:MOST_SAID]}" if telling else ""


def _estimate(folder: Path, version: str) -> VelaEstimate:
    (summary,) = folder.glob("*_summary_*.csv")
    with summary.open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    flash = ("on_chip_flash_memory_used", "off_chip_flash_memory_used")
    return VelaEstimate(
        cycles=round(float(row["cycles_total"])),
        latency_ms=float(row["inference_time"]) * 1000,
        sram_bytes=round(float(row["sram_memory_used"]) * _KIB),
        flash_bytes=sum(round(float(row[key]) * _KIB) for key in flash),
        dram_bytes=round(float(row["dram_memory_used"]) * _KIB),
        version=version,
        cpu_ops=_cpu_ops((folder / "model_vela.tflite").read_bytes()),
    )


def _cpu_ops(compiled: bytes) -> tuple[str, ...]:
    """Names of the ops that the compiled file has beside those of the neural processor, in their order."""
    root: Any = tflite.Model.GetRootAs(compiled, 0)
    graph: Any = root.Subgraphs(0)
    operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
    codes = [root.OperatorCodes(operator.OpcodeIndex()) for operator in operators]
    return tuple(_name(code) for code in codes if code.CustomCode() != _NPU_OP)


def _name(code: Any) -> str:  # noqa: ANN401 - flatbuffers' tables are untyped
    if code.CustomCode():
        return code.CustomCode().decode(errors="replace")
    return _NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
