from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nas.verify.isolated import record_isolated
from tests.nas.command import nas, refused
from tests.nas.replan.models import badly_ordered, halving_graph, own_file
from tests.nas.tflite_file.foreign_models import classifier, with_custom_operator


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(own_file(halving_graph()))
    return path


def test_the_file_is_written_and_both_arenas_are_shown(model: Path, tmp_path: Path) -> None:
    to = tmp_path / "small.tflite"
    ended = nas("replan", model, "--to", to)
    assert ended.code == 0
    assert record_isolated(to.read_bytes()).head_bytes == 800
    assert "head (activations) 1,280 B 800 B -37.5%" in " ".join(ended.stdout.split())
    assert "outputs equal bit by bit on 103 inputs" in ended.stdout
    assert ended.stdout.endswith(f"written: {to}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.tflite", "small.tflite"]


def test_json_says_all_of_it(model: Path, tmp_path: Path) -> None:
    to = tmp_path / "small.tflite"
    told = json.loads(nas("replan", model, "--to", to, "--inputs", 120, "--json").stdout)
    recorded = record_isolated(to.read_bytes())
    assert told["before"]["arena"]["head_bytes"] == 1280
    assert told["after"]["arena"] == {
        "head_bytes": 800,
        "tail_bytes": recorded.tail_bytes,
        "total_bytes": recorded.total_bytes,
    }
    assert told["after"]["file_bytes"] == to.stat().st_size
    assert (told["saved_percent"], told["inputs"], told["equal"]) == (37.5, 123, True)
    assert (told["overlapping"], told["written"]) == (["0 CONV_2D"], str(to))


def test_nothing_is_written_where_nothing_is_gained_unless_forced(model: Path, tmp_path: Path) -> None:
    to = tmp_path / "same.tflite"
    ended = nas("replan", model, "--to", to, "--kernels", "other")
    assert ended.code == 0
    assert "nothing is gained" in ended.stdout
    assert not to.exists()
    forced = nas("replan", model, "--to", to, "--kernels", "other", "--force")
    assert f"written: {to}" in forced.stdout
    assert record_isolated(to.read_bytes()).head_bytes == 1280


def test_a_file_whose_own_plan_is_wrong_is_refused_and_nothing_written(tmp_path: Path) -> None:
    """Its outputs are wrong, so that those of a right plan differ from them."""
    wrong = replace(badly_ordered(), plan=(0,) * 10)
    (tmp_path / "wrong.tflite").write_bytes(wrong.write())
    to = tmp_path / "new.tflite"
    said = refused("replan", tmp_path / "wrong.tflite", "--to", to)
    assert "gives other outputs: the memory plan in the file lets values be overwritten" in said
    assert not to.exists()


def test_files_that_are_no_sound_int8_model_end_in_the_reader_s_sentence(tmp_path: Path) -> None:
    data = classifier().write()
    cases = {
        "cut.tflite": (data[: len(data) // 2], "the file is cut short or damaged"),
        "no.tflite": (b"no model at all", "this is no TensorFlow Lite file"),
        "float.tflite": (classifier(0, 0).write(), "the model computes in float"),
        "custom.tflite": (
            with_custom_operator().write(),
            "TensorFlow Lite Micro has no custom operator NoSuchOperator",
        ),
        "dynamic.tflite": (_dynamic(), "dynamic shape"),
    }
    for name, (content, sentence) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert sentence in refused("replan", tmp_path / name, "--to", tmp_path / "new.tflite")
    assert not (tmp_path / "new.tflite").exists()


def _dynamic() -> bytes:
    model = classifier()
    tensors = list(model.tensors)
    tensors[12] = replace(tensors[12], signature=(1, -1, -1, 3))
    return replace(model, tensors=tensors).write()


def test_the_given_file_is_never_overwritten(model: Path, tmp_path: Path) -> None:
    assert "--to must be another file" in refused("replan", model, "--to", model)
    assert "in a folder that exists" in refused("replan", model, "--to", tmp_path / "no" / "new.tflite")
    assert "check the path" in refused("replan", tmp_path / "gone.tflite", "--to", tmp_path / "new.tflite")


def test_fewer_than_100_inputs_are_no_proof(model: Path, tmp_path: Path) -> None:
    ended = nas("replan", model, "--to", tmp_path / "new.tflite", "--inputs", 99)
    assert ended.code == 2
    assert "100" in ended.stderr


def test_help_says_which_kernels_a_plan_is_for() -> None:
    text = " ".join(nas("replan", "--help").stdout.split())
    assert "safe on those kernels alone: for CMSIS-NN give --kernels cmsis-nn" in text
