"""A whole search for a neural processor, whose compiler says of every finalist how long it takes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constraints.budget import Budget
from constraints.kernels import KernelLibrary
from constraints.target import load_target
from nas.data.load import load_test
from nas.display import PlainDisplay
from nas.npu.vela import compile_for, vela_version
from nas.phases.exam import Candidacy, ExamContext, examine
from nas.phases.export import layout_of
from nas.phases.finalists import read_planned
from nas.pipeline import begin
from nas.problem import pose
from nas.replan.plan_file import has_unsafe_plan
from nas.run_files.cards import make_card
from nas.run_files.finished import read_run_study
from nas.run_files.int8_file import load_int8
from nas.run_files.run_folder import RunFolder
from nas.study import Steps
from nas.tflite_file.read import read_model
from tests.nas import command
from tests.nas.small_study import small_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(vela_version() is None, reason="needs pip install 'budget-nas[npu]'"),
]
U55 = load_target("ethos_u55_128")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    steps = Steps(supernet=4, trials=6, finalist=2)
    budget = Budget(activations_bytes=2_000)
    begin(replace(small_study(), target=U55.name, budget=budget, steps=steps), path, PlainDisplay())
    return path


def cards(run: Path) -> list[dict[str, Any]]:
    found = json.loads(command.nas("front", run, "--json", "--all").stdout)
    assert found
    return found


def test_every_finalist_has_the_compilers_estimate(run: Path):
    for card in cards(run):
        estimate = compile_for((run / card["files"]["tflite"]).read_bytes(), U55)
        assert card["latency_ms"] == estimate.latency_ms > 0
        assert card["how_known"]["latency_ms"].startswith(estimate.by)
        assert card["npu"]["sram_bytes"] == estimate.sram_bytes
        assert card["npu"]["cycles"] == estimate.cycles
        assert card["npu"]["version"] == vela_version()


def test_the_table_shows_the_latency(run: Path):
    shown = command.nas("front", run).stdout
    assert all(f"~{card['latency_ms']:.3g} ms" in shown for card in cards(run))


def test_the_report_shows_the_latency(run: Path):
    page = (run / "report.html").read_text(encoding="utf-8")
    assert all(f"~{card['latency_ms']:.3g} ms" in page for card in cards(run))


def test_no_plan_lets_anything_overlap(run: Path):
    for card in cards(run):
        assert card["kernels"]["library"] == KernelLibrary.OTHER
        planned = read_model((run / card["files"]["tflite"]).read_bytes())
        assert planned.offline_plan is not None
        assert not has_unsafe_plan(planned, U55.kernels)


def test_a_compiler_that_fails_leaves_the_latency_unknown_and_the_exam_goes_on(run: Path):
    assert U55.vela is not None
    folder = RunFolder(run)
    posed = pose(read_run_study(folder))
    problem = replace(posed, target=replace(U55, vela=replace(U55.vela, system_config="Ethos_U55_Nothing")))
    finalist = (read_planned(folder) or [])[0]
    layout = layout_of(problem, finalist.genotype)
    network, facts = load_int8(layout.graph, folder.network(finalist.digest))
    test = load_test(problem.source, problem.study.seed)
    place = folder.finalist(finalist.digest)
    exam = examine(
        ExamContext(problem.dataset.validation, test),
        Candidacy(network, place, layout.host_arena_bytes, problem.target),
    )
    card = make_card(problem, finalist, None, exam, facts)
    assert card["latency_ms"] is None
    assert card["npu"] is None
    assert card["how_known"]["latency_ms"].startswith("not known: Vela cannot compile the model")
    assert card["verified"]
