"""The sums of a check, a name and a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.arena.liveness import ALIGNMENT
from nas.check import words
from nas.check.arena import Predicted
from nas.check.latency import How
from nas.check.result import CheckResult
from nas.verify.tflm import tflm_version


def summary_lines(result: CheckResult) -> Iterator[tuple[str, str]]:
    """The arena, the file, the work, the time and the energy."""
    yield from _arena(result)
    parts = result.model.parts
    yield (
        "flash",
        f"{words.size(parts.total)}: weights {parts.weights:,}, biases {parts.biases:,}, "
        f"quantization {parts.quantization:,}, structure {parts.structure:,}",
    )
    yield "work", f"{result.macs:,} MACs"
    yield "latency", _latency(result)
    if result.latency.energy_uj is not None:
        yield "energy", f"{words.energy(result.latency.energy_uj)} an inference, predicted"
    peak = result.peak
    yield (
        "peak",
        f"op {peak.op.index} ({words.operator(peak)}): {words.size(peak.memory.alive)} alive at once",
    )


def _arena(result: CheckResult) -> Iterator[tuple[str, str]]:
    recorded, host = result.measured.arena, result.host
    plan = " by the plan in the file" if result.model.offline_plan is not None else ""
    yield (
        "arena, predicted",
        f"{words.size(host.total_bytes)}: head {host.head_bytes:,}{plan}, "
        f"tail {words.number(host.tail_bytes)}{_preparing(host)}",
    )
    if recorded is not None:
        yield (
            "arena, measured",
            f"{words.size(recorded.total_bytes)}: head {recorded.head_bytes:,}, tail {recorded.tail_bytes:,} "
            f"(TFLM {tflm_version()}, 64-bit)",
        )
    compiled = result.latency.compiled
    if compiled is not None:
        yield (
            f"on {result.target.name}",
            f"{words.size(compiled.sram_bytes)} of SRAM, {words.size(compiled.flash_bytes)} of flash, "
            f"{result.latency.how}",
        )
    elif not result.is_on_host:
        kernels = result.target.kernels
        yield (
            f"on {result.target.name}",
            f"{words.size(result.needed_ram_bytes)}: head {result.needed_activations_bytes:,}, "
            f"tail {words.number(result.arena.tail_bytes)}{_preparing(result.arena)} "
            f"({kernels.library} kernels, {8 * kernels.pointer_bytes}-bit, predicted)",
        )


def _preparing(arena: Predicted) -> str:
    """What a small model needs to be prepared beyond what it needs to run."""
    if (
        arena.total_bytes is None
        or arena.least_bytes is None
        or arena.least_bytes - arena.total_bytes < ALIGNMENT
    ):
        return ""
    return f", {arena.least_bytes - arena.total_bytes:,} more to be prepared"


def _latency(result: CheckResult) -> str:
    latency = result.latency
    if latency.ms is None:
        return f"not known: {latency.why}"
    least = f" at least, without {', '.join(latency.missing)}" if latency.missing else ""
    error = f"; {words.error(result)}" if latency.how is How.PREDICTED else ""
    remark = f"; {latency.remark}" if latency.remark else ""
    beside = "".join(f"; {words.time(other.median_ms)} in {other.runtime}" for other in latency.beside)
    return f"{words.time(latency.ms)} {latency.how}{least} ({latency.runtime}{error}{remark}){beside}"
