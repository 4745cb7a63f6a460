import io

import pytest
from rich.console import Console

from constraints.target import list_targets, load_target
from nas.target_table import target_row, target_rows, target_table


def printed(width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(target_table())
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().splitlines()


def test_the_table_fits_a_hundred_columns_without_cutting_a_name():
    lines = printed(100)
    assert max(map(len, lines)) <= 100
    for name in list_targets():
        (line,) = (line for line in lines if line.split(" ")[0] == name)
        assert load_target(name).core in line
        assert "…" not in line


def test_a_narrow_table_cuts_nothing():
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_the_table_states_the_error_of_latency_where_it_is_known():
    by_name = {line.split(" ")[0]: line for line in printed(100) if line}
    model = load_target("stm32l4r5").latency
    assert model is not None
    assert f"{model.median_error:.0%}, {model.worst_error:.0%}" in by_name["stm32l4r5"]
    assert "unknown   as cortex_m7" in by_name["stm32f746"]
    assert "measured here" in by_name["host"]


def test_rows_for_programs_have_every_source():
    for row in target_rows():
        model, energy, vela = row["latency"], row["energy"], row["vela"]
        assert all(len(part["source"]) > 20 for part in (model, energy, vela) if part is not None)
        sizes = {key for key in ("clock_hz", "ram_bytes", "flash_bytes") if row[key] is not None}
        assert row["sources"].keys() == sizes


@pytest.mark.parametrize(("name", "of"), [("stm32f446", "cortex_m4"), ("stm32l4r5", "stm32l4r5")])
def test_an_error_says_on_which_target_it_was_found(name: str, of: str):
    assert target_row(load_target(name))["latency_error"]["of"] == of


def test_a_target_without_a_model_has_no_error():
    assert target_row(load_target("host"))["latency_error"] is None
