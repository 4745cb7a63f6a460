"""How often a foreign model is right on images, as TensorFlow Lite Micro runs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas.baseline.pixels import PixelReading, pixel_reading
from nas.baseline.read import Baseline
from nas.data.dataset import Images, Normalization
from nas.tflite_file.model import FileModel, FileTensor
from nas.verify.isolated import SECONDS, run_isolated
from nas.verify.tflm import TflmRefused
from search_spaces.graph import Shape

SECONDS_AN_IMAGE = 0.1
"""Ten times what the largest network of MLPerf Tiny takes here; it only keeps a hang from lasting."""
TYPES = {"INT8": np.int8, "UINT8": np.uint8, "FLOAT32": np.float32}


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A fraction of 1, None where `note` says why; else `note` says how the images were fed."""

    fraction: float | None
    note: str


def accuracy_of(baseline: Baseline, images: Images, classes: int, normalization: Normalization) -> Accuracy:
    """Its accuracy, where the images are what it takes and its outputs are as many as the classes."""
    model = baseline.model
    unfit = _unfit(model, images.shape, classes)
    if unfit:
        return Accuracy(None, unfit)
    tensor = model.tensors[model.inputs[0]]
    reading = pixel_reading(tensor, normalization)
    if reading is None:
        return Accuracy(None, f"what its input codes stand for is not known ({_codes_in_words(tensor)})")
    try:
        outputs = _outputs(baseline, images, reading)
    except TflmRefused as error:
        return Accuracy(None, str(error))
    right = float((outputs.argmax(1) == images.labels).mean())
    return Accuracy(right, f"{len(images):,} test images fed as {reading.words}")


def _unfit(model: FileModel, shape: Shape, classes: int) -> str:
    """Why it cannot be asked about these images; empty where it can."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs, not one of each"
    given, outputs = model.tensors[model.inputs[0]], model.tensors[model.outputs[0]]
    height, width, channels = shape
    fitting = [(1, *shape), (1, height * width * channels), (1, height, width) if channels == 1 else None]
    if given.shape not in fitting:
        return f"its input is {_times(given.shape[1:])}, the images are {_times(shape)}"
    if outputs.elements != classes or outputs.type not in TYPES:
        return f"it has {outputs.elements} outputs ({outputs.type.lower()}), the data have {classes} classes"
    return ""


def _outputs(baseline: Baseline, images: Images, reading: PixelReading) -> NDArray[np.generic]:
    model = baseline.model
    codes = reading.codes(images.pixels, model.tensors[model.inputs[0]])
    seconds = SECONDS + SECONDS_AN_IMAGE * len(images)
    raw = run_isolated(baseline.data, codes.reshape(len(images), -1), seconds=seconds)
    return raw.view(TYPES[model.tensors[model.outputs[0]].type])


def _codes_in_words(tensor: FileTensor) -> str:
    if not tensor.scales:
        return f"{tensor.type.lower()} without a scale"
    zero_point = (*tensor.zero_points, 0)[0]
    return f"scale {tensor.scales[0]:.4g}, zero point {zero_point}"


def _times(extents: tuple[int, ...]) -> str:
    return " x ".join(str(extent) for extent in extents)
