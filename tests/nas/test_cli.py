import errno
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from nas.cli import main, sentence
from tests.nas.command import nas, refused


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


HEAVY = ("torch", "ray", "optuna", "plotly", "numpy", "pandas", "onnx", "sklearn", "rich")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["front", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    told = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    words = _python(f"{told}; from nas.cli import main; main({arguments})").stderr.split()
    assert "click" in words
    assert not set(HEAVY) & set(words)


def test_help_answers_within_three_tenths_of_a_second() -> None:
    program = Path(sys.executable).with_name("nas")
    command = (
        [str(program)] if program.exists() else [sys.executable, "-c", "from nas.cli import main; main()"]
    )
    took = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([*command, "--help"], check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.3


def test_importing_the_package_is_light_and_still_offers_every_name() -> None:
    words = _python("import nas, sys; print(*dir(nas), '|', *sys.modules)").stdout
    offered, modules = (part.split() for part in words.split("|"))
    assert {"search", "load_run", "Study", "Budget", "Candidate"} <= set(offered)
    assert not set(HEAVY) & set(modules)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"]).output
    examples = shown.split("Example")[1].split("\n\n")[0].splitlines()[1:]
    assert examples
    assert all(line.strip().startswith(f"nas {command}") for line in examples)


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(main.commands))], ids=" ".join)
def test_no_help_shows_a_mark_of_its_source(command: list[str]) -> None:
    shown = CliRunner().invoke(main, [*command, "--help"]).output
    assert "\\" not in shown
    assert "\b" not in shown


def test_a_front_is_read_without_torch() -> None:
    imports = "import nas.run, nas.run_files.finalist_point, nas.report.table, sys"
    words = _python(f"{imports}; print(*sys.modules)").stdout.split()
    assert not {"torch", "optuna", "onnx", "ray", "plotly"} & set(words)


STUDIES = {
    'data = "digits"\nminuts = 3\n': "unknown key minuts; did you mean minutes",
    'data = "digits"\n[budget]\nflas = "3KB"\n': "unknown key budget.flas; did you mean flash",
    'data = "digits"\n[steps]\ntrial = 3\n': "unknown key steps.trial; did you mean trials",
    'data = "digits"\n[steps]\ntrials = 3\n': "supernet is missing",
    'data = "digits"\n[steps]\nsupernet = 1.5\ntrials = 3\nfinalist = 3\n': "supernet must be a whole number",
    'data = "digits"\nminutes = 3\n[steps]\nsupernet = 1\ntrials = 3\nfinalist = 3\n': "either minutes or",
    'data = "digits"\nbudget = 3\n': "budget must be a table",
    'data = "digits"\nseed = "3"\n': "seed must be a whole number",
    'data = "digits"\nminutes = "3"\n': "minutes must be a number",
    'data = "digits"\nname = "a/b"\n': "name must be one that a folder can have",
    'data = "digits"\naugment = ["turn"]\n': "augment may hold shift and flip, got 'turn'",
    "data = 3\n": "data must be a text in quotes",
    "data = digits\n": "is not valid TOML",
    "minutes = 3\n": "must say which data to learn from",
}


@pytest.mark.parametrize("text", STUDIES)
def test_a_study_file_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    Path("my.toml").write_text(text, encoding="utf-8")
    said = refused("search", "my.toml")
    assert STUDIES[text] in said
    assert "my.toml" in said or "either minutes" in said or "folder can have" in said or "augment may" in said
    assert list(tmp_path.iterdir()) == [tmp_path / "my.toml"]


def test_a_study_file_that_is_not_utf8_is_refused() -> None:
    Path("my.toml").write_bytes('data = "digits" # \xe4'.encode("latin-1"))
    assert (
        refused("search", "my.toml")
        == "study my.toml must be UTF-8 text, but byte 18 is not: save it as UTF-8"
    )


OPTIONS = {
    ("--ram", "64 kilobananas"): "unit 'kilobananas' is not known; use B, KB, MB, KiB or MiB",
    ("--ram", "-3KB"): "memory must be above zero",
    ("--flash", "0"): "above zero",
    ("--latency", "40"): "the unit is missing; use us, ms or s",
    ("--latency", "40ms"): "target host has no latency model",
    ("--latency", "1ms", "--target", "ethos_u55_128"): "only compiling a network with Vela tells its latency",
    ("--energy", "1mJ", "--target", "ethos_u55_128"): "leave the energy budget out and budget macs instead",
    ("--target", "stm32f44"): "no target 'stm32f44': did you mean stm32f446",
    ("--target", "board.toml"): "target file board.toml cannot be read",
    ("--space", "tiny_image"): "did you mean tiny_images",
    ("--space", "missing.py"): "must be a Python file that defines space(input_shape, classes)",
    ("--controller", "nsga3"): "controller 'nsga3' is not known; did you mean nsga2?",
    ("--workers", "two"): 'workers must be "auto", "inline", a number of processes',
    ("--minutes", "0.1"): "minutes must be between 0.5 and 43,200",
    ("--minutes", "nan"): "minutes must be between 0.5 and 43,200",
    ("--steps", "10,20"): "steps must be three whole numbers",
    ("--steps", "10,20,x"): "steps must be three whole numbers",
    ("--steps", "10,0,20"): "steps.trials must be at least 1, got 0",
    ("--steps", "1,2,3", "--minutes", "3"): "give either --minutes or --steps",
    ("--seed", "-1"): "seed must be at least 0, got -1",
    ("--finalists", "0"): "finalists must be at least 1",
    ("--storage", "trials.db"): "storage must be a URL such as sqlite:///trials.db",
    ("--storage", "sqlite:////nowhere/trials.db"): "the trial storage at sqlite://... cannot be opened",
    ("--data", "nowhere/"): "data 'nowhere/' is neither a known name nor a path that exists",
}


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_an_option_that_cannot_be_met_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert OPTIONS[options] in refused("search", "digits", *options)
    assert list(tmp_path.iterdir()) == []


def test_a_budget_that_nothing_meets_names_the_smallest_cost_of_each_kind(tmp_path: Path) -> None:
    said = refused("search", "digits", "--activations", "10B", "--flash", "100B")
    # Its smallest network has a 4-channel stem at stride 2: 8 x 8 pixels in and 4 x 4 x 4 out are 64 B each,
    # and a row of 16 B is written once the two rows of 8 B that it lies over are read.
    assert "the smallest it reaches is activations 80 B (budget 10 B), flash 2,5" in said
    assert list(tmp_path.iterdir()) == []


def test_search_says_what_to_give_when_it_is_given_nothing() -> None:
    assert "nas search digits" in refused("search")


def test_a_shipped_study_is_found_by_a_similar_name() -> None:
    assert "did you mean digits?" in refused("search", "digit")
    assert "study 'my/digits.toml' does not exist" in refused("search", "my/digits.toml")


@pytest.mark.parametrize(("option", "value"), [("--minutes", "soon"), ("--no-such", "1"), ("--seed", "1.5")])
def test_an_option_that_cannot_be_read_ends_with_code_2(option: str, value: str) -> None:
    ended = nas("search", "digits", option, value)
    assert ended.code == 2
    assert "Error: " in ended.stderr


def _pictures(folder: Path, count: int = 4) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        Image.fromarray(rng.integers(0, 255, (9, 8, 3), dtype=np.uint8)).save(folder / f"{number}.png")


def _empty_class() -> None:
    _pictures(Path("data/cats"))
    Path("data/dogs").mkdir()


def _one_class() -> None:
    _pictures(Path("data/cats"))


def _cut_image() -> None:
    _pictures(Path("data/cats"))
    _pictures(Path("data/dogs"))
    path = Path("data/dogs/2.png")
    path.write_bytes(path.read_bytes()[:100])


def _cut_idx() -> None:
    Path("data").mkdir()
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    for name in names:
        Path(f"data/{name}-ubyte").write_bytes(b"\0\0\x08\x03\0\0")


def _cut_gz() -> None:
    _cut_idx()
    for path in list(Path("data").iterdir()):
        Path(f"{path}.gz").write_bytes(gzip.compress(b"\0" * 999)[:-9])
        path.unlink()


FOLDERS = {
    _empty_class: ("class folder", "dogs holds no image"),
    _one_class: ("must hold at least two sub-folders", "only 'cats'"),
    _cut_image: ("2.png is damaged", "replace or remove it"),
    _cut_idx: ("train-images-idx3-ubyte", "cut short"),
    _cut_gz: ("train-images-idx3-ubyte.gz", "damaged"),
}


@pytest.mark.parametrize("make", FOLDERS)
def test_a_folder_that_cannot_be_learnt_from_is_refused(make: Callable[[], None]) -> None:
    make()
    said = refused("search", "--data", "data/")
    assert all(words in said for words in FOLDERS[make])
    assert not Path("runs").exists()


PIXELS = np.zeros((10, 8, 8), np.uint8)
ARRAYS = {
    "a pickle": ({"x_train": np.array([{}, 1], dtype=object), "y_train": np.arange(2)}, "a pickle"),
    "labels that are too few": (
        {"x_train": np.zeros((10, 8, 8), np.uint8), "y_train": np.arange(9)},
        "one label for",
    ),
    "one class": ({"x_train": np.zeros((10, 8, 8), np.uint8), "y_train": np.zeros(10, int)}, "two classes"),
    "no labels": ({"x_train": np.zeros((10, 8, 8), np.uint8)}, "y_train"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_npz_file_that_cannot_be_learnt_from_is_refused(case: str) -> None:
    arrays, words = ARRAYS[case]
    np.savez("data.npz", allow_pickle=True, **arrays)
    said = refused("search", "--data", "data.npz")
    assert words in said
    assert "data.npz" in said


def test_an_npz_file_that_was_cut_short_is_refused() -> None:
    np.savez("data.npz", x_train=np.zeros((10, 8, 8), np.uint8), y_train=np.arange(10) % 2)
    Path("data.npz").write_bytes(Path("data.npz").read_bytes()[:300])
    assert "data.npz" in refused("search", "--data", "data.npz")


OF_THREE_CLASSES = """
from tests.spaces import one_stage_space

def space(shape, classes):
    return one_stage_space()
"""
WITH_A_BROKEN_BLOCK = """
from dataclasses import replace
from tests import own_space

class Broken:
    label = "broken"

    def lower(self, *_):
        raise KeyError("width")

def space(shape, classes):
    return replace(own_space.space(shape, classes), entries=(Broken(),), allowed=())
"""
SPACES = {
    "def space(shape, classes):\n    return 1 / 0\n": "space file my.py, line 2, failed: ZeroDivisionError",
    "def space(shape, classes)\n": "space file my.py failed: SyntaxError",
    "import no_such_package\n": "space file my.py, line 1, failed: ModuleNotFoundError",
    "width = 3\n": "must define a function space(input_shape, classes)",
    "def space(shape, classes):\n    return 3\n": "space() must return a SearchSpace, got int",
    OF_THREE_CLASSES: "must have 1 input channels and 10 classes, as its arguments say, got 1 and 3",
    WITH_A_BROKEN_BLOCK: "line 9, failed: KeyError: 'width'",
}


@pytest.mark.parametrize("text", SPACES)
def test_a_space_file_that_fails_is_refused(text: str) -> None:
    Path("my.py").write_text(text, encoding="utf-8")
    assert SPACES[text] in refused("search", "digits", "--space", "my.py")
    assert not Path("runs").exists()


def test_an_output_folder_that_holds_a_run_is_left_alone(finished_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")}
    said = refused("search", "digits", "--out", finished_run)
    assert said.startswith(f"folder {finished_run} already holds a run: go on with it by `nas resume")
    assert {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")} == before


def test_an_output_folder_that_holds_other_files_is_left_alone() -> None:
    Path("mine").mkdir()
    Path("mine/thesis.tex").touch()
    assert "already exists and is no empty folder" in refused("search", "digits", "--out", "mine")
    assert os.listdir("mine") == ["thesis.tex"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("command", [["front"], ["resume"], ["report"], ["export", "--to", "model"]])
def test_a_run_that_is_none_is_refused(command: list[str]) -> None:
    Path("file").touch()
    Path("folder").mkdir()
    assert refused(*command, "nowhere").startswith("run nowhere does not exist")
    assert refused(*command, "file").startswith("run file is no folder")
    assert refused(*command, "folder").startswith("folder folder holds no run")


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


def test_export_says_what_it_wrote(finished_run: Path) -> None:
    written = nas("export", finished_run, "--to", "model", "--format", "tflite").stdout.split()
    assert written == ["model/model.tflite", "model/model_plain.tflite", "model/card.json"]
    assert all(Path(path).is_file() for path in written)


EXPORTS: dict[tuple[str, ...], str] = {
    ("--format", "tflit"): "format must be out of torch, tflite, onnx, got 'tflit'",
    ("--format", ","): "format must be out of torch, tflite, onnx, got none",
    ("--pick", "zz"): "no finalist of",
    ("--pick", ""): "more than one finalist (2) of",
}


@pytest.mark.parametrize("options", EXPORTS, ids=" ".join)
def test_an_export_that_cannot_be_made_leaves_nothing(finished_run: Path, options: tuple[str, ...]) -> None:
    assert EXPORTS[options] in refused("export", finished_run, "--to", "model", *options)
    assert not Path("model").exists()


def test_an_export_to_a_file_is_refused(finished_run: Path) -> None:
    Path("model").write_text("mine", encoding="utf-8")
    assert refused("export", finished_run, "--to", "model") == "--to must be a folder, but model is a file"
    assert "not a directory" in refused("export", finished_run, "--to", "model/sub")
    assert Path("model").read_text(encoding="utf-8") == "mine"


def test_targets_are_listed_for_people_and_for_programs() -> None:
    rows = json.loads(nas("targets", "--json").stdout)
    shown = nas("targets").stdout
    assert {"stm32f446", "rp2040", "host"} <= {row["name"] for row in rows}
    assert all(row["name"] in shown for row in rows)
    assert all(row["sources"].keys() >= {"ram_bytes"} for row in rows if row["ram_bytes"] is not None)


def test_a_failed_write_names_the_file_and_how_to_go_on() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/big/journal.log")
    assert sentence(full, "runs/a") == (
        "cannot read or write /big/journal.log: no space left on device; "
        "make room there, then go on with `nas resume runs/a`"
    )
    assert sentence(full).endswith("make room there, then try again")
    assert sentence(PermissionError(errno.EACCES, "Permission denied", "/x")).endswith(
        "check the path and its rights"
    )


def test_an_error_of_several_lines_becomes_one() -> None:
    assert sentence(ValueError("first\n  second")) == "first second"
    assert sentence(ValueError()) == "ValueError"
