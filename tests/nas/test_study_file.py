from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.budget import Budget
from nas.study import BadStudy, Steps, Study
from nas.study_file import parse_steps, parse_study, read_study, shipped_studies, with_budget, write_study

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), min_size=1)
NAMES = TEXT.filter(lambda name: Path(name).name == name and name != ".." and "\0" not in name)
SIZES = st.none() | st.integers(1, 10**12)
REALS = st.none() | st.floats(1e-6, 1e9)
BUDGETS = st.builds(
    Budget,
    activations_bytes=SIZES,
    ram_bytes=SIZES,
    flash_bytes=SIZES,
    latency_ms=REALS,
    energy_uj=REALS,
    macs=SIZES,
)
LENGTHS = st.one_of(
    st.fixed_dictionaries({"minutes": st.floats(0.5, 43_200), "steps": st.none()}),
    st.fixed_dictionaries({"minutes": st.none(), "steps": st.builds(Steps, *[st.integers(1, 10**6)] * 3)}),
)


@settings(max_examples=40)
@given(
    NAMES, TEXT, BUDGETS, LENGTHS, st.sampled_from([None, (), ("flip",), ("shift", "flip")]), st.integers(0)
)
def test_a_study_is_read_back_as_it_was_written(
    name: str, data: str, budget: Budget, length: dict, augment: tuple[str, ...] | None, seed: int
) -> None:
    study = Study(name=name, data=data, budget=budget, augment=augment, seed=seed, **length)
    read = parse_study(write_study(study, {"python": "3.11", 'odd "name"': "ü"}), "study.toml", "unused")
    limits = zip(read.budget.limits, budget.limits, strict=True)
    assert all(ours is None or ours == pytest.approx(theirs, rel=1e-12) for ours, theirs in limits)
    assert [limit is None for limit in read.budget.limits] == [limit is None for limit in budget.limits]
    assert with_budget(read, {}).name == name
    assert read == Study(name=name, data=data, budget=read.budget, augment=augment, seed=seed, **length)


def test_every_shipped_study_can_be_read_by_name_and_by_path() -> None:
    assert {"digits", "fashion_mnist"} <= set(shipped_studies())
    for name in shipped_studies():
        assert read_study(name) == read_study(f"studies/{name}.toml")
        assert read_study(name).name == name


def test_a_file_beside_goes_before_a_shipped_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits.toml").write_text('data = "mnist"', encoding="utf-8")
    assert read_study("digits.toml").data == "mnist"
    assert read_study("digits").data == "digits"


def test_a_study_with_steps_has_no_minutes() -> None:
    text = 'data = "digits"\n[steps]\nsupernet = 5\ntrials = 6\nfinalist = 7\n'
    study = parse_study(text, "my.toml", "my")
    assert (study.minutes, study.steps) == (None, Steps(5, 6, 7))


def test_steps_are_read_from_an_option() -> None:
    assert parse_steps("2000, 200,4000") == Steps(2000, 200, 4000)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,2,-3", "1,2,1e3", "1;2;3", "1,2,³"])
def test_steps_that_are_no_three_numbers_are_refused(text: str) -> None:
    with pytest.raises(BadStudy, match="three whole numbers supernet,trials,finalist"):
        parse_steps(text)


def test_amounts_from_options_replace_those_of_the_study_one_by_one() -> None:
    study = Study(name="a", data="digits", budget=Budget(ram_bytes=1000, flash_bytes=2000))
    changed = with_budget(study, {"flash": "3KB", "ram": None, "latency": "40ms"}).budget
    assert (changed.ram_bytes, changed.flash_bytes, changed.latency_ms) == (1000, 3000, 40.0)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a/"])
def test_a_name_that_no_folder_can_have_is_refused(name: str) -> None:
    with pytest.raises(BadStudy, match="name must be one that a folder can have"):
        Study(name=name, data="digits")
