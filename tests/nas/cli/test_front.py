import json
from pathlib import Path

from tests.nas.command import nas

KEYS = {
    "digest",
    "val_accuracy",
    "test_accuracy",
    "activations_bytes",
    "arena_bytes",
    "flash_bytes",
    "macs",
    "latency_ms",
    "verified",
    "files",
}


def test_the_front_as_json_has_all_it_promises_best_first(finished_run: Path) -> None:
    front = json.loads(nas("front", finished_run, "--json").stdout)
    assert front
    for network in front:
        assert network.keys() >= KEYS
        for name in ("activations_bytes", "arena_bytes", "flash_bytes"):
            assert network[name].keys() == {"predicted", "measured"}
        assert set(network["files"]) == {"tflite", "tflite_plain", "module", "weights", "onnx", "card"}
        assert all((finished_run / path).is_file() for path in network["files"].values())
    accuracies = [network["val_accuracy"] for network in front]
    assert accuracies == sorted(accuracies, reverse=True)


def test_the_front_with_all_finalists_lists_those_off_the_front_too(finished_run: Path) -> None:
    shown = json.loads(nas("front", finished_run, "--json", "--all").stdout)
    assert len(shown) == len(list(finished_run.glob("front/*/card.json")))


def test_the_front_as_a_table_names_every_finalist(finished_run: Path) -> None:
    shown = nas("front", finished_run).stdout
    assert all(path.parent.name in shown for path in finished_run.glob("front/*/card.json"))
