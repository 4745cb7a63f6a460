import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from nas.export.tflite import write_tflite
from nas.verify.tflm import record_arena
from search_spaces.graph import Graph
from studies.untrained import random_network
from tests.graphs import random_network_graph
from tests.nas.command import nas, refused
from tests.nas.tflite_file.damage import damaged_files
from tests.nas.tflite_file.foreign import FLOAT32
from tests.nas.tflite_file.foreign_models import branches, classifier, with_custom_operator

pytest.importorskip("tflite_micro")
KEYS = {"arena_bytes", "flash_bytes", "macs", "latency_ms", "energy_uj", "fits", "ops"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(classifier().write())
    return path


def written(folder: Path, data: bytes) -> Path:
    path = folder / "written.tflite"
    path.write_bytes(data)
    return path


def checked(*arguments: object) -> dict[str, Any]:
    ended = nas("check", *arguments, "--json")
    assert ended.code in (0, 1), ended.stderr
    return json.loads(ended.stdout)


def test_the_json_has_every_key_and_the_recorded_arena_is_the_predicted_one(model: Path):
    found = checked(model)
    recorded = record_arena(model.read_bytes())
    assert set(found) >= KEYS
    assert found["arena_bytes"]["measured"] == recorded.total_bytes == found["arena_bytes"]["predicted"]
    assert found["arena_bytes"]["head"] == recorded.head_bytes == found["arena_bytes"]["head_predicted"]
    assert found["arena_bytes"]["tail"] == recorded.tail_bytes == found["arena_bytes"]["tail_predicted"]
    assert found["flash_bytes"] == model.stat().st_size == sum(found["flash_parts"].values())
    assert found["fits"] is None


def test_the_operators_add_up(model: Path):
    ops = checked(model, "--target", "stm32l4r5")["ops"]
    codes = ["CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    assert [op["code"] for op in ops] == codes
    # 10 x 10 x 8 outputs of 27 products each; 5 x 5 x 8 of 9; 5 of 8.
    assert [op["macs"] for op in ops] == [21_600, 1_800, 0, 0, 40, 0]
    # 21 x 21 x 3 = 1,323 and 10 x 10 x 8 = 800, each rounded up to 16.
    assert ops[0]["reads_bytes"] + ops[0]["writes_bytes"] == 1_328 + 800
    assert [op["cycles"] is None for op in ops] == [False, False, False, True, False, True]


def test_an_inference_on_this_computer_is_measured(model: Path):
    found = checked(model)
    assert 0 < found["latency_ms"] < 50
    assert found["latency"]["how"] == "measured"
    assert "TensorFlow Lite Micro" in found["latency"]["runtime"]
    assert found["energy_uj"] is None


def test_people_are_told_the_time_in_every_runtime(tmp_path: Path):
    pytest.importorskip("ai_edge_litert")
    model = written(tmp_path, write_tflite(random_network(random_network_graph(1), 1)))
    beside = checked(model)["latency"]["beside"]
    assert [one["runtime"].split()[0] for one in beside] == ["LiteRT"]
    assert f"in {beside[0]['runtime']}" in " ".join(nas("check", model).stdout.split())


def test_what_is_not_modelled_is_named_and_the_rest_predicted(model: Path):
    found = checked(model, "--target", "stm32l4r5")
    assert found["latency_ms"] > 0
    assert found["latency"]["how"] == "predicted"
    assert found["latency"]["not_modelled"] == ["RESHAPE", "SOFTMAX"]
    assert "at least" in found["why"]["latency"]


def test_a_custom_operator_is_counted_for_memory_and_nothing_else(tmp_path: Path):
    found = checked(written(tmp_path, with_custom_operator().write()), "--target", "stm32l4r5")
    assert found["arena_bytes"]["measured"] is None
    assert "NoSuchOperator" in found["why"]["measured"]
    assert found["arena_bytes"]["head"] == 8 * 8 * 3 + 8 * 8 * 4
    assert found["ops"][1]["macs"] is None
    assert found["ops"][1]["alive_bytes"] == 8 * 8 * 4 + 16
    assert found["latency"]["not_modelled"] == ["NoSuchOperator"]
    assert found["fits"] is None


def test_a_model_that_the_runtime_refuses_is_predicted_all_the_same(tmp_path: Path):
    """Softmax over codes of another zero point than -128, which TFLM does not run."""
    foreign = classifier()
    tensors = [*foreign.tensors[:-1], replace(foreign.tensors[-1], zero_point=0)]
    found = checked(written(tmp_path, replace(foreign, tensors=tensors).write()))
    assert found["arena_bytes"]["measured"] is None
    assert "zero_point" in found["why"]["measured"]
    assert found["arena_bytes"]["predicted"] > 0


def test_the_exit_code_says_whether_it_fits(model: Path):
    head = checked(model)["arena_bytes"]["head"]
    assert nas("check", model).code == 0
    assert nas("check", model, "--activations", head).code == 0
    assert nas("check", model, "--activations", head - 1).code == 1
    assert nas("check", model, "--flash", "100B").code == 1
    assert nas("check", model, "--ram", "64KB", "--flash", "128KB", "--macs", "1M").code == 0
    assert nas("check", model, "--target", "stm32l4r5", "--latency", "1us").code == 1


def test_a_verdict_says_by_how_much(model: Path):
    limits = checked(model, "--macs", "20k", "--flash", "1MB")["limits"]
    assert [limit["fits"] for limit in limits] == [True, False]
    assert limits[1] | {"needed": 23_440, "allowed": 20_000, "left": -3_440} == limits[1]


def test_memory_limits_are_the_targets_where_none_is_given(model: Path):
    found = checked(model, "--target", "stm32l4r5")
    assert [limit["quantity"] for limit in found["limits"]] == ["ram", "flash"]
    assert found["limits"][0]["allowed"] == 640 * 1024
    assert found["fits"]


def test_a_device_of_32_bits_needs_less_than_this_computer(model: Path):
    found = checked(model, "--target", "stm32l4r5")
    assert found["target_arena_bytes"]["needed"] < found["arena_bytes"]["measured"]


def test_people_are_told_everything(model: Path):
    said = nas("check", model, "--target", "stm32l4r5", "--ram", "64KB").stdout
    for words in ("conv 3×3 / 2", "21×21×3 → 10×10×8", "peak", "weights", "MACs", "SOFTMAX", "fits", "left"):
        assert words in said


@pytest.mark.parametrize("seed", [1, 4])
def test_a_network_of_this_project_is_predicted_to_the_byte(seed: int, tmp_path: Path):
    graph: Graph = random_network_graph(seed)
    found = checked(written(tmp_path, write_tflite(random_network(graph, seed))))
    assert found["arena_bytes"]["predicted"] == found["arena_bytes"]["measured"]
    assert "why" not in found or not {"predicted", "measured"} & set(found["why"])


def test_a_picture_is_drawn_as_its_name_says(model: Path, tmp_path: Path):
    for kind in ("svg", "png", "html"):
        assert (
            nas("check", model, "--picture", tmp_path / f"memory.{kind}", "--activations", "1500B").code == 1
        )
    drawing = ElementTree.fromstring((tmp_path / "memory.svg").read_text(encoding="utf-8"))
    hints = [element.text or "" for element in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert any("op 0, conv: writes 800 B" in hint for hint in hints)
    with Image.open(tmp_path / "memory.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or ()}
    assert {(0x9C, 0xC3, 0xD5), (0x2F, 0x83, 0xA8), (0xA3, 0x32, 0x4F)} <= colours
    page = (tmp_path / "memory.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "depthwise 3×3 / 2" in page


def test_a_hostile_name_does_not_leave_its_place_in_a_picture(tmp_path: Path):
    foreign = branches()
    tensors = [replace(foreign.tensors[0], name="<script>alert(1)</script>"), *foreign.tensors[1:]]
    path = written(tmp_path, replace(foreign, tensors=tensors).write())
    assert nas("check", path, "--picture", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_picture_of_another_kind_is_refused(model: Path, tmp_path: Path):
    assert "must end in .svg, .png or .html" in refused("check", model, "--picture", tmp_path / "memory.gif")


def test_bad_files_are_refused_in_one_sentence(tmp_path: Path):
    assert "empty" in refused("check", written(tmp_path, b""))
    assert "no TensorFlow Lite file" in refused("check", written(tmp_path, b"some text, no model"))
    assert "full-integer quantization" in refused("check", written(tmp_path, classifier(FLOAT32).write()))
    assert "cut short or damaged" in refused("check", written(tmp_path, branches().write()[:-100]))
    assert "no such file" in refused("check", tmp_path / "none.tflite")
    assert "is a directory" in refused("check", tmp_path)


def test_a_neural_processor_is_estimated_by_its_compiler(model: Path):
    pytest.importorskip("ethosu.vela")
    found = checked(model, "--target", "ethos_u55_128", "--latency", "1s")
    assert found["latency"]["how"] == "estimated by the compiler"
    assert 0 < found["latency_ms"] < 1
    assert found["target_arena_bytes"]["needed"] != found["arena_bytes"]["predicted"]
    assert found["fits"]


def test_limits_that_a_target_cannot_answer_are_refused(model: Path):
    assert "energy" in refused("check", model, "--energy", "1mJ")
    assert "memory must be a number" in refused("check", model, "--ram", "a lot")
    assert "no target 'stm99'" in refused("check", model, "--target", "stm99")


def _survives(path: Path) -> None:
    ended = nas("check", path, "--json")
    if ended.code == 2:
        assert ended.sentence
    else:
        assert set(json.loads(ended.stdout)) >= KEYS


def test_damaged_files_end_in_a_result_or_in_one_sentence(tmp_path: Path):
    for data in damaged_files(40, seed=11):
        _survives(written(tmp_path, data))


@pytest.mark.slow
def test_many_damaged_files_end_in_a_result_or_in_one_sentence(tmp_path: Path):
    for data in damaged_files(400, seed=12):
        _survives(written(tmp_path, data))
