from pathlib import Path

import pytest

from tests.nas.command import refused

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
