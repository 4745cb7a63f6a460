"""Whole searches, from data that a user would bring to files that a device would run."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import nas
from constraints.budget import Budget
from nas.study import Steps, Study
from tests.nas import command

pytestmark = pytest.mark.slow

SHARING = ("sandwich", "single-path", "attentive")
SHORT = ("--steps", "20,12,20", "--finalists", "2", "--workers", "inline")
BOARD = """
title = "My board"
core = "cortex-m4"
clock_hz = 80_000_000
ram_bytes = 98_304
flash_bytes = 524_288
latency_from = "cortex_m4"

[sources]
clock_hz = "datasheet, page 1"
ram_bytes = "datasheet, page 1"
flash_bytes = "datasheet, page 1"
"""
ONE_NETWORK = """
from search_spaces.blocks import depthwise_separable
from search_spaces.space import Reduction, SearchSpace, Stage, Stem

def space(input_shape, classes):
    stage = Stage(depths=(1,), widths=(8,), reductions=(Reduction.STRIDE,))
    stem = Stem(widths=(4,), strides=((1, 1),))
    entries = depthwise_separable.choices([(3, 3)])
    return SearchSpace("single", input_shape[2], classes, (input_shape[:2],), stem, (stage,), entries, ())
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _front(run: str) -> list[dict]:
    return json.loads(command.nas("front", run, "--json").stdout)


def _draw(folder: Path, shape: str, count: int, rng: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        width, height = (int(extent) for extent in rng.integers(40, 70, 2))
        image = Image.fromarray(rng.integers(0, 60, (height, width, 3), dtype=np.uint8))
        box = [width * 0.2, height * 0.2, width * 0.8, height * 0.8]
        getattr(ImageDraw.Draw(image), shape)(box, fill=tuple(int(c) for c in rng.integers(120, 255, 3)))
        image.save(folder / f"{number}.{'png' if number % 2 else 'jpg'}")


def test_a_folder_of_colour_pictures_of_all_sizes_is_searched() -> None:
    rng = np.random.default_rng(0)
    for name, shape in (("Große Äpfel", "ellipse"), ("bread rolls", "rectangle"), ("línea", "line")):
        _draw(Path("my images") / name, shape, 30, rng)
    ended = command.nas("search", "--data", "my images/", "--ram", "64KB", "--flash", "128KB", *SHORT)
    assert ended.code == 0, ended.stderr
    assert "nas front 'runs/my images'" in ended.stderr
    best = _front("runs/my images")[0]
    assert best["classes"] == ["Große Äpfel", "bread rolls", "línea"]
    assert best["arena_bytes"]["predicted"] <= 64_000
    assert best["flash_bytes"]["measured"] <= 128_000
    assert best["val_accuracy"] > 1 / 3


def _waves(count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    time_axis = np.arange(length) / length
    phases = rng.uniform(0, 6, (count, 1))
    waves = np.sin(2 * np.pi * time_axis * (2 + 3 * labels[:, None]) + phases)
    return (waves + 0.3 * rng.normal(size=(count, length))).astype(np.float32), labels


def test_signals_in_a_file_of_arrays_are_searched() -> None:
    x, y = _waves(240, 64)
    np.savez("waves.npz", x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    assert command.nas("search", "--data", "waves.npz", "--ram", "32KB", "--flash", "32KB", *SHORT).code == 0
    best = _front("runs/waves")[0]
    assert best["input"]["shape"] == [64, 1, 1]
    assert best["test_accuracy"] > 1 / 3


def test_a_board_a_latency_another_controller_and_a_database_are_respected(tmp_path: Path) -> None:
    Path("board.toml").write_text(BOARD, encoding="utf-8")
    ended = command.nas(
        *("search", "digits", "--target", "board.toml", "--latency", "0.8ms", "--out", "run", *SHORT),
        *("--controller", "regularized-evolution", "--storage", f"sqlite:///{tmp_path}/trials.db"),
    )
    assert ended.code == 0, ended.stderr
    assert not Path("run/journal.log").exists()
    front = _front("run")
    assert all(0 < network["latency_ms"] <= 0.8 for network in front)
    assert command.nas("resume", "run").code == 0
    assert command.nas("report", "run").code == 0
    assert _front("run") == front


def test_a_run_is_resumed_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = _waves(120, 32)
    np.savez("waves.npz", x_train=x, y_train=y)
    Path("board.toml").write_text(BOARD, encoding="utf-8")
    arguments = ("search", "--data", "waves.npz", "--target", "board.toml", "--out", "run", *SHORT)
    assert command.nas(*arguments).code == 0
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert command.nas("resume", tmp_path / "run").code == 0


@pytest.mark.parametrize(
    "controller", ["hypervolume-gain", "nsga2", "regularized-evolution", "random-search"]
)
def test_a_space_of_one_network_is_searched(controller: str) -> None:
    Path("one.py").write_text(ONE_NETWORK, encoding="utf-8")
    arguments = ("search", "digits", "--space", "one.py", "--controller", controller, "--out", "run", *SHORT)
    ended = command.nas(*arguments)
    assert ended.code == 0, ended.stderr
    assert "no other network that fits was found, after 1" in ended.stderr
    assert "1 network on the front" in ended.stderr
    assert len(_front("run")) == 1


def test_every_way_of_sharing_weights_ends_in_other_weights() -> None:
    for rule in SHARING:
        study = Study(
            name=rule,
            data="digits",
            budget=Budget(flash_bytes=16_000),
            score="inherited",
            weight_sharing=rule,
            minutes=None,
            steps=Steps(8, 4, 4),
            finalists=1,
            workers="inline",
        )
        assert nas.search(study).front
    assert len({len(_supernet(rule)) for rule in SHARING}) == 1
    assert len({_supernet(rule) for rule in SHARING}) == len(SHARING)


def _supernet(run: str) -> bytes:
    return Path("runs", run, "supernet.safetensors").read_bytes()


def test_minutes_are_kept() -> None:
    study = Study(name="timed", data="digits", budget=Budget(flash_bytes=16_000), minutes=0.75, finalists=2)
    began = time.monotonic()
    assert nas.search(study).front
    assert time.monotonic() - began == pytest.approx(45.0, rel=0.1)
