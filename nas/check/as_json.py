"""The result of `nas check` for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nas.check.latency import How
from nas.check.result import CheckResult, OpRow
from nas.check.verdict import Limit
from nas.verify.tflm import tflm_version

Json = dict[str, Any]


def as_json(result: CheckResult) -> Json:
    """One object; sizes in bytes, None where something is not known, which `why` explains."""
    latency = result.latency
    return {
        "file": result.name,
        "target": result.target.name,
        "arena_bytes": _arena(result),
        "target_arena_bytes": _target_arena(result),
        "flash_bytes": result.model.parts.total,
        "flash_parts": _parts(result),
        "macs": result.macs,
        "latency_ms": latency.ms,
        "latency": _latency(result),
        "energy_uj": latency.energy_uj,
        "fits": result.fits,
        "limits": [_limit(limit) for limit in result.limits],
        "peak_op": result.peak.op.name,
        "runtime": None if result.measured.arena is None else f"TensorFlow Lite Micro {tflm_version()}",
        "why": reasons(result),
        "ops": [_op(row) for row in result.ops],
    }


def reasons(result: CheckResult) -> dict[str, str]:
    """Why what is None is not known, and what a figure leaves out, by quantity."""
    latency = result.latency
    left_out = ", ".join(latency.missing)
    found = {
        "measured": result.measured.why,
        "predicted": result.host.why,
        "target_arena": "" if result.is_on_host else result.arena.why,
        "head": _leaves_out("the scratch memory", result.arena.unknown),
        "macs": _leaves_out("the products", result.without_macs),
        "latency": latency.why or (f"at least: {left_out} not modelled" if left_out else ""),
        "energy": latency.energy_why or (f"at least: {left_out} not modelled" if left_out else ""),
    }
    return {key: reason for key, reason in found.items() if reason}


def _leaves_out(what: str, codes: tuple[str, ...]) -> str:
    return f"at least: {what} of {', '.join(codes)} not known" if codes else ""


def _arena(result: CheckResult) -> Json:
    """On this computer: what TFLM recorded, and what is predicted of the same.

    `head` and `tail` are the recorded ones, or those predicted where nothing was recorded.
    """
    recorded, host = result.measured.arena, result.host
    return {
        "predicted": host.total_bytes,
        "measured": None if recorded is None else recorded.total_bytes,
        "head": host.head_bytes if recorded is None else recorded.head_bytes,
        "tail": host.tail_bytes if recorded is None else recorded.tail_bytes,
        "head_predicted": host.head_bytes,
        "tail_predicted": host.tail_bytes,
        "least_predicted": host.least_bytes,
    }


def _target_arena(result: CheckResult) -> Json:
    return {
        "needed": result.needed_ram_bytes,
        "activations": result.needed_activations_bytes,
        "flash": result.needed_flash_bytes,
        "head": result.arena.head_bytes,
        "tail": result.arena.tail_bytes,
        "kernels": str(result.target.kernels.library),
        "pointer_bytes": result.target.kernels.pointer_bytes,
    }


def _parts(result: CheckResult) -> Json:
    parts = result.model.parts
    return {
        "weights": parts.weights,
        "biases": parts.biases,
        "quantization": parts.quantization,
        "structure": parts.structure,
    }


def _latency(result: CheckResult) -> Json:
    latency, model = result.latency, result.target.latency
    predicted = latency.how is How.PREDICTED
    return {
        "how": str(latency.how),
        "runtime": latency.runtime,
        "remark": latency.remark,
        "beside": [asdict(other) for other in latency.beside],
        "not_modelled": list(latency.missing),
        "median_error": model.median_error if predicted and model is not None else None,
        "worst_error": model.worst_error if predicted and model is not None else None,
    }


def _limit(limit: Limit) -> Json:
    return {
        "quantity": limit.quantity,
        "needed": limit.needed,
        "allowed": limit.allowed,
        "left": limit.left,
        "unit": limit.unit,
        "fits": limit.fits,
    }


def _op(row: OpRow) -> Json:
    return {
        "name": row.op.name,
        "code": row.op.code,
        "kind": row.kind,
        "custom": row.op.is_custom,
        "modelled": row.op.geometry is not None,
        "inputs": [list(shape) for shape in row.inputs],
        "outputs": [list(shape) for shape in row.outputs],
        "macs": row.macs,
        "alive_bytes": row.memory.alive,
        "reads_bytes": row.memory.reads,
        "writes_bytes": row.memory.writes,
        "scratch_bytes": row.memory.scratch,
        "cycles": row.cycles,
    }
