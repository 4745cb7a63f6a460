import json
import os
from pathlib import Path

import pytest
import torch

import nas
from constraints.estimate import estimate
from constraints.target import load_target
from nas.data.digits import Digits
from nas.run import UnknownCandidate
from nas.run_files.run_folder import BadRun


def test_a_search_returns_the_run_that_is_loaded_from_its_folder(finished_run: Path) -> None:
    run = nas.load_run(finished_run)
    assert run.study.name == "small"
    assert {candidate.digest for candidate in run.front} <= {candidate.digest for candidate in run.finalists}
    assert run.best() == run.front[0] == run.pick("best")


def test_a_candidate_is_picked_by_the_first_letters_of_its_digest(finished_run: Path) -> None:
    run = nas.load_run(finished_run)
    for candidate in run.finalists:
        assert run.pick(candidate.digest) == candidate
        assert run.pick(candidate.digest[:9]) == candidate
    with pytest.raises(UnknownCandidate, match=run.finalists[0].digest):
        run.pick("zz")


def test_the_best_within_limits_is_the_most_accurate_that_keeps_them(finished_run: Path) -> None:
    run = nas.load_run(finished_run)
    smallest = min(candidate.flash_bytes for candidate in run.front)
    fitting = [candidate for candidate in run.front if candidate.flash_bytes <= smallest]
    assert run.best(flash=f"{smallest}B") == max(fitting, key=lambda candidate: candidate.val_accuracy)
    with pytest.raises(UnknownCandidate, match="fits these limits"):
        run.best(flash="1B")


def test_the_module_reproduces_the_accuracy_on_its_card(finished_run: Path) -> None:
    images = Digits().test()
    pixels = torch.from_numpy(images.pixels).permute(0, 3, 1, 2)
    for candidate in nas.load_run(finished_run).finalists:
        with torch.no_grad():
            classes = candidate.module().eval()(pixels).argmax(1).numpy()
        assert (classes == images.labels).mean() == candidate.card["module_test_accuracy"]


def test_the_graph_built_anew_costs_what_the_card_predicts(finished_run: Path) -> None:
    for candidate in nas.load_run(finished_run).finalists:
        cost = estimate(candidate.graph, load_target("host"))
        assert cost.activations_bytes == candidate.card["activations_bytes"]["predicted"]
        assert cost.ram_bytes == candidate.card["arena_bytes"]["predicted"]
        assert cost.flash_bytes == candidate.card["flash_bytes"]["predicted"]
        assert cost.macs == candidate.macs


def test_a_run_that_was_moved_still_finds_its_own_space(copied_run: Path, tmp_path: Path) -> None:
    moved = copied_run.rename(tmp_path / "elsewhere")
    run = nas.load_run(moved)
    assert run.study.space == str(moved / "space.py")
    assert run.best().graph.ops


def test_an_export_holds_the_files_as_they_are_in_the_run(finished_run: Path, tmp_path: Path) -> None:
    best = nas.load_run(finished_run).best()
    written = best.export(tmp_path / "deep" / "model")
    assert sorted(path.name for path in written) == sorted(os.listdir(tmp_path / "deep" / "model"))  # noqa: PTH208
    assert {path.name for path in written} == {
        "model.py",
        "weights.safetensors",
        "model.tflite",
        "model_plain.tflite",
        "model.onnx",
        "card.json",
    }
    for path in written:
        assert path.read_bytes() == (best.run_path / "front" / best.digest / path.name).read_bytes()


def test_an_export_replaces_an_earlier_one_and_leaves_other_files(finished_run: Path, tmp_path: Path) -> None:
    first, second = nas.load_run(finished_run).finalists
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    first.export(tmp_path)
    second.export(tmp_path, ["torch", "torch"])
    assert json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))["digest"] == second.digest
    assert (tmp_path / "model.tflite").read_bytes() == first.file("tflite").read_bytes()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_an_export_that_lacks_a_file_of_the_run_writes_none(copied_run: Path, tmp_path: Path) -> None:
    best = nas.load_run(copied_run).best()
    best.file("onnx").unlink()
    with pytest.raises(BadRun, match=r"model\.onnx is missing: `nas resume .*` makes it anew"):
        best.export(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_file_that_has_changed_is_neither_exported_nor_executed(copied_run: Path, tmp_path: Path) -> None:
    best = nas.load_run(copied_run).best()
    with best.file("module").open("a", encoding="utf-8") as file:
        file.write("raise SystemExit\n")
    with pytest.raises(BadRun, match=r"model\.py is damaged: delete it, and `nas resume .*` makes it anew"):
        best.module()
    with pytest.raises(BadRun, match=r"model\.py is damaged"):
        best.export(tmp_path / "model")
    assert [path.name for path in best.export(tmp_path, ["onnx"])] == ["model.onnx", "card.json"]


def test_an_export_that_cannot_be_finished_leaves_what_was_there(finished_run: Path, tmp_path: Path) -> None:
    first, second = nas.load_run(finished_run).finalists
    first.export(tmp_path, ["tflite"])
    (tmp_path / "model.onnx").mkdir()  # a file cannot be renamed onto a folder
    before = (tmp_path / "card.json").read_bytes()
    with pytest.raises(OSError, match="directory"):
        second.export(tmp_path, ["onnx", "tflite"])
    assert (tmp_path / "card.json").read_bytes() == before
    assert not list(tmp_path.glob(".export-*"))


def test_a_run_without_all_its_cards_has_not_finished(copied_run: Path) -> None:
    next(copied_run.glob("front/*/card.json")).unlink()
    with pytest.raises(BadRun, match="has not finished: `nas resume"):
        nas.load_run(copied_run)
