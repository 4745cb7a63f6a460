from pathlib import Path

import pytest

from tests.nas.command import nas, refused

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
