"""Phase 5: every finalist is written in all formats."""

from __future__ import annotations

from safetensors.torch import save

from nas.export.onnx import write_onnx
from nas.export.tflite import write_tflite
from nas.export.torch_module import write_module
from nas.files import write_bytes, write_text
from nas.int8_file import load_int8
from nas.phases.finalists import Finalist
from nas.problem import Problem
from nas.run_folder import FILES, RunFolder


def export_finalist(problem: Problem, folder: RunFolder, finalist: Finalist) -> None:
    """Writes the TFLite, ONNX and torch files of one trained finalist."""
    graph = problem.costing.graph(finalist.genotype)
    network, _ = load_int8(graph, folder.network(finalist.digest))
    place = folder.finalist(finalist.digest)
    write_bytes(place / FILES["tflite"], write_tflite(network))
    write_bytes(place / FILES["onnx"], write_onnx(network))
    title = f"{problem.study.name} {finalist.digest}"
    text, tensors = write_module(network, problem.normalization, problem.dataset.classes, title)
    write_text(place / FILES["module"], text)
    # Through memory: a disk that fills up is an OSError then, and not what safetensors makes of it.
    write_bytes(place / FILES["weights"], save(tensors))
