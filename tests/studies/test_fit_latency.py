import json
from pathlib import Path

import numpy as np
import pytest

from studies.fit_latency import PRIOR_RATIO, fit, main, read_macs, read_submissions

MACS = """,conv,dw,fc,other,pw
dense,0,0,200000,0,0
plain,9000000,0,600,0,200000
separable,300000,500000,700,0,3000000
spatial,400000,2500000,500,0,1000000
"""
HEADER = "version,division,org,system,benchmark,latency_ms,energy_uJ,board,cpu,freq,framework,source\n"


def table(rates: dict[str, float], megahertz: int = 100, milliwatts: float = 50.0) -> str:
    """Latencies that a board would publish whose rates (conv, dw, fc, pw) are exactly these."""
    rows: list[str] = []
    for line in MACS.splitlines()[1:]:
        name, conv, dw, fc, _, pw = line.split(",")
        cycles = sum(
            rates[kind] * int(count) for kind, count in (("conv", conv), ("dw", dw), ("fc", fc), ("pw", pw))
        )
        ms = cycles / (megahertz * 1e3)
        rows.append(f"v1,closed,org,board,{name},{ms},{ms * milliwatts},b,c,{megahertz} MHz,stack,s")
    return HEADER + "\n".join(rows) + "\n"


@pytest.fixture
def macs_path(tmp_path: Path) -> Path:
    path = tmp_path / "macs.csv"
    path.write_text(MACS, encoding="utf-8")
    return path


def fit_of(tmp_path: Path, macs_path: Path, rates: dict[str, float]):
    path = tmp_path / "table.csv"
    path.write_text(table(rates), encoding="utf-8")
    (submission,) = read_submissions(path)
    return fit(submission, read_macs(macs_path))


def test_a_board_that_is_as_the_prior_says_is_found_exactly_and_predicted_when_left_out(
    tmp_path: Path, macs_path: Path
):
    rates = dict(zip(("conv", "pw", "dw", "fc"), PRIOR_RATIO * 4.0, strict=True))
    found = fit_of(tmp_path, macs_path, rates)
    assert found.cycles_per_mac == pytest.approx(rates)
    assert found.worst_error == pytest.approx(0.0, abs=1e-9)
    assert found.submission.power_mw == pytest.approx(50.0)


def test_a_board_away_from_the_prior_is_found_within_a_few_percent(tmp_path: Path, macs_path: Path):
    rates = {"conv": 2.0, "pw": 3.0, "dw": 12.0, "fc": 5.0}
    found = fit_of(tmp_path, macs_path, rates)
    assert found.cycles_per_mac == pytest.approx(rates, rel=0.06)
    assert max(abs(error) for error in found.fitted_error.values()) < 0.03
    # Nothing but the dense network tells of fully connected layers: left out, it must come out wrong.
    assert abs(found.left_out_error["dense"]) > 0.1


def test_rates_are_never_negative_whatever_is_published(tmp_path: Path, macs_path: Path):
    found = fit_of(tmp_path, macs_path, {"conv": 9.0, "pw": 0.0, "dw": 0.0, "fc": 5.0})
    assert np.all(np.array(list(found.cycles_per_mac.values())) >= 0)


def test_the_program_prints_json_that_holds_rates_and_errors(
    tmp_path: Path, macs_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "table.csv"
    path.write_text(table({"conv": 2.0, "pw": 3.0, "dw": 12.0, "fc": 5.0}), encoding="utf-8")
    assert main(["--table", str(path), "--macs", str(macs_path), "--json"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)
    assert printed["submission"]["name"] == "v1 org board"
    assert set(printed["cycles_per_mac"]) == {"conv", "pw", "dw", "fc"}
    assert printed["median_error"] <= printed["worst_error"]
