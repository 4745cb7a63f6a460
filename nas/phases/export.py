"""Phase 7: every finalist is written in all formats."""

from __future__ import annotations

from dataclasses import replace

from safetensors.torch import save

from constraints.arena.checker import check_placement
from constraints.arena.layout import Layout, lay_out
from nas.export.onnx import write_onnx
from nas.export.tflite import write_tflite
from nas.export.torch_module import write_module
from nas.files import write_bytes, write_text
from nas.phases.finalists import Finalist
from nas.problem import Problem
from nas.run_files.int8_file import load_int8
from nas.run_files.run_folder import FILES, RunFolder
from search_spaces.genotype import Genotype
from search_spaces.lowering import lower


def export_finalist(problem: Problem, folder: RunFolder, finalist: Finalist) -> None:
    """Writes the TFLite, ONNX and torch files of one trained finalist.

    There are two TFLite files: one with our plan of its memory, made for the target's kernels, and one
    without a plan, which any kernels run.
    """
    layout = layout_of(problem, finalist.genotype)
    plan = layout.plan
    check_placement(layout.program, plan.offsets, plan.tensors_bytes)
    saved, _ = load_int8(layout.graph, folder.network(finalist.digest))
    network = replace(saved, graph=layout.graph)
    place = folder.finalist(finalist.digest)
    write_bytes(place / FILES["tflite"], write_tflite(network, plan.offsets))
    write_bytes(place / FILES["tflite_plain"], write_tflite(network, None))
    write_bytes(place / FILES["onnx"], write_onnx(network))
    title = f"{problem.study.name} {finalist.digest}"
    text, tensors = write_module(network, problem.normalization, problem.dataset.classes, title)
    write_text(place / FILES["module"], text)
    # Through memory: a disk that fills up is an OSError then, and not what safetensors makes of it.
    write_bytes(place / FILES["weights"], save(tensors))


def layout_of(problem: Problem, genotype: Genotype) -> Layout:
    """The network of a genotype as it is exported: its ops in order, and the plan of its memory."""
    return lay_out(lower(problem.space, genotype), problem.target.kernels)
