"""What `nas replan` says."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.kernels import KernelLibrary
from nas.replan.compare import Compared
from nas.replan.replan import Replanned

LIBRARIES = {
    KernelLibrary.REFERENCE: "the reference kernels",
    KernelLibrary.CMSIS_NN: "CMSIS-NN",
    KernelLibrary.OTHER: "any kernels",
}


def lines(done: Replanned) -> Iterator[str]:
    """The two files beside each other, and what was compared."""
    before, after = done.before, done.after
    yield f"planned for {LIBRARIES[done.kernels.library]} of TensorFlow Lite Micro"
    yield f"{'':24}{'before':>11}{'after':>11}"
    yield _row("arena, recorded", before.arena.total_bytes, after.arena.total_bytes)
    yield _row("  head (activations)", before.arena.head_bytes, after.arena.head_bytes)
    yield _row("  tail", before.arena.tail_bytes, after.arena.tail_bytes)
    if done.kernels.library is KernelLibrary.CMSIS_NN:
        yield _row("  head with scratch*", *done.head_bytes)
    yield _row("file", before.file_bytes, after.file_bytes)
    if done.kernels.library is KernelLibrary.CMSIS_NN:
        yield "* predicted with CMSIS-NN's scratch memory on a Cortex-M4 or M7; recorded is without it"
    yield _how(done)
    yield _proof(done.compared)


def not_worth_it(done: Replanned) -> str:
    """Why nothing was written."""
    before, after = done.head_bytes
    return (
        f"nothing is gained: the activations take {before:,} B as the file is and {after:,} B as planned, so "
        "nothing was written (--force writes the file all the same)"
    )


def _row(name: str, before: int, after: int) -> str:
    change = 100 * (after / before - 1) if before else 0.0
    return f"{name:24}{before:>9,} B{after:>9,} B{change:>+8.1f}%"


def _how(done: Replanned) -> str:
    planned = done.planned
    overlapping = len(planned.overlapping)
    order = "in another order" if planned.is_reordered else "in the order given"
    over = f"{overlapping} of them over what they read" if overlapping else "none of them over what it reads"
    unsafe = "; the plan that the file had is not safe on these kernels" if done.replaces_unsafe else ""
    return f"{len(planned.program.steps)} operators {order}, {over}{unsafe}"


def _proof(compared: Compared) -> str:
    inner = compared.inner
    beside = ""
    if inner is not None:
        beside = f", as is what {inner.code} writes before them ({compared.inner_distinct} distinct)"
    return (
        f"outputs equal bit by bit on {compared.inputs} inputs ({compared.distinct} distinct outputs){beside}"
    )
