"""Phase 8: the runtime executes every finalist's file; the test images are read here, and nowhere before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from constraints.target import Target
from nas.data.dataset import Images
from nas.export.load_module import load_module
from nas.networks.integer import run_integer
from nas.npu.vela import VelaEstimate, VelaRefused, compile_for
from nas.quantized_network import QuantizedNetwork
from nas.run_files.run_folder import FILES
from nas.training.batches import resize
from nas.verify.tflm import RecordedArena, record_arena, run_tflm, smallest_arena, tflm_version

COMPARED_IMAGES = 256


@dataclass(frozen=True, eq=False)
class ExamContext:
    """The images that all finalists are examined on."""

    validation: Images
    test: Images


@dataclass(frozen=True, eq=False)
class Candidacy:
    """One finalist: its int8 network, the folder of its files, the arena predicted for it, and its target."""

    network: QuantizedNetwork
    folder: Path
    predicted_arena_bytes: int
    """By this project, for the computer that executes it."""
    target: Target


@dataclass(frozen=True, slots=True)
class Exam:
    """What executing a finalist showed.

    Accuracies are fractions of 1, int8 ones of the .tflite file as `runtime` ran it (None: no runtime here,
    the int8 simulation stands in). `arena` is what the runtime recorded, `smallest_arena_bytes` the least
    that it was seen to prepare and run in, `plain_arena` the one recorded for the file without our plan.
    `largest_difference` is between file and simulation over `compared` test images, in steps of the output,
    `plain_difference` between the two files; `onnx_agreement` is the fraction of those that the ONNX file
    puts in the same class. `npu` is what the compiler of the target's neural processor estimates, None where
    there is no such processor or `npu_why` says why.
    """

    val_accuracy: float
    test_accuracy: float
    module_test_accuracy: float
    runtime: str | None
    arena: RecordedArena | None
    plain_arena: RecordedArena | None
    smallest_arena_bytes: int | None
    file_bytes: int
    compared: int
    largest_difference: int | None
    plain_difference: int | None
    onnx_agreement: float
    onnx_runtime: str
    npu: VelaEstimate | None = None
    npu_why: str = ""


@dataclass(frozen=True, slots=True)
class _Executed:
    """What only the runtime itself can show; fields as in `Exam`."""

    arena: RecordedArena
    plain_arena: RecordedArena
    smallest_arena_bytes: int | None
    largest_difference: int
    plain_difference: int


def examine(context: ExamContext, candidacy: Candidacy) -> Exam:
    """Executes one finalist, in a worker."""
    size = candidacy.network.graph.input.shape[:2]
    validation, test = (_resized(images, size) for images in (context.validation, context.test))
    model, plain = ((candidacy.folder / FILES[name]).read_bytes() for name in ("tflite", "tflite_plain"))
    version = tflm_version()
    val_outputs, outputs = (_outputs(candidacy.network, model, images) for images in (validation, test))
    executed = None
    if version is not None:
        some = device_codes(test.pixels[:COMPARED_IMAGES])
        executed = _Executed(
            arena=record_arena(model),
            plain_arena=record_arena(plain),
            smallest_arena_bytes=smallest_arena(model, candidacy.predicted_arena_bytes),
            largest_difference=_difference(run_integer(candidacy.network, some), outputs[: len(some)]),
            plain_difference=_difference(run_tflm(plain, some).reshape(len(some), -1), outputs[: len(some)]),
        )
    compared = test.pixels[:COMPARED_IMAGES]
    npu, npu_why = _compiled(plain, candidacy.target)
    onnx_classes = _onnx_outputs(candidacy.folder / "model.onnx", compared).argmax(1)
    return Exam(
        val_accuracy=_accuracy(val_outputs, validation.labels),
        test_accuracy=_accuracy(outputs, test.labels),
        module_test_accuracy=_accuracy(_module_outputs(candidacy.folder, test.pixels), test.labels),
        runtime=None if version is None else f"tflite-micro {version}",
        arena=executed and executed.arena,
        plain_arena=executed and executed.plain_arena,
        smallest_arena_bytes=executed and executed.smallest_arena_bytes,
        file_bytes=len(model),
        compared=0 if executed is None else len(compared),
        largest_difference=executed and executed.largest_difference,
        plain_difference=executed and executed.plain_difference,
        onnx_agreement=float((onnx_classes == outputs[: len(compared)].argmax(1)).mean()),
        onnx_runtime=f"onnxruntime {onnxruntime.__version__}",
        npu=npu,
        npu_why=npu_why,
    )


def int8_accuracies(context: ExamContext, network: QuantizedNetwork, model: bytes) -> tuple[float, float]:
    """On the validation and the test images: of the file where the runtime is here, else simulated."""
    size = network.graph.input.shape[:2]
    validation, test = (_resized(images, size) for images in (context.validation, context.test))
    return (
        _accuracy(_outputs(network, model, validation), validation.labels),
        _accuracy(_outputs(network, model, test), test.labels),
    )


def _outputs(network: QuantizedNetwork, model: bytes, images: Images) -> NDArray[np.int8]:
    """(images, classes), as the runtime gives them, or as the simulation does where there is no runtime."""
    codes = device_codes(images.pixels)
    if tflm_version() is None:
        return run_integer(network, codes)
    return run_tflm(model, codes).reshape(len(images), -1)


def _compiled(model: bytes, target: Target) -> tuple[VelaEstimate | None, str]:
    """The compiler's estimate, or why there is none: one that fails does not end a run."""
    if target.vela is None:
        return None, ""
    try:
        return compile_for(model, target), ""
    except VelaRefused as error:
        return None, str(error)


def device_codes(pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Pixels as the device hands them over: int8 = byte - 128."""
    return (pixels.astype(np.int16) - 128).astype(np.int8)


def _difference(some: NDArray[np.int8], others: NDArray[np.int8]) -> int:
    return int(np.abs(some.astype(int) - others).max())


def _resized(images: Images, size: tuple[int, int]) -> Images:
    return Images(resize(torch.from_numpy(images.pixels), size).contiguous().numpy(), images.labels)


def _accuracy(outputs: NDArray[np.generic], labels: NDArray[np.int64]) -> float:
    return float((outputs.argmax(1) == labels).mean())


@torch.no_grad()
def _module_outputs(folder: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    module = load_module(folder).eval()
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return np.concatenate([module(part).numpy() for part in images.split(256)])


def _onnx_outputs(path: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # x86 without VNNI may clip int8 sums otherwise (ONNX Runtime documentation, "Quantize ONNX models").
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    return np.asarray(session.run(None, {session.get_inputs()[0].name: images})[0])


def exam_seconds(macs: Sequence[int], images: int, workers: int) -> float:
    """How long the exam of networks with so many MACs will take, predicted.

    TFLM's reference kernels need 0.7 ms a million MACs and image, measured on one core of a 2.6 GHz x86-64
    server; half a second more a network stands for the arena's trials.
    """
    return sum(0.7e-9 * count * images + 0.5 for count in macs) / workers
