import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from studies.bench_controllers import CONTESTANTS, contest, main
from studies.nasbench201 import Table, encode


@pytest.fixture
def table() -> Table:
    """All cells, with an error that falls with the convolutions on live paths and a latency by their size."""
    edges = np.array(list(product(range(5), repeat=6)))
    noise = np.random.default_rng(0).normal(size=len(edges))
    convolutions = ((edges == 2) + 2.0 * (edges == 3)).sum(axis=1)
    return Table(edges, 18.0 - convolutions + 0.3 * noise, 1.0 + (edges > 1).sum(axis=1) + convolutions)


def test_ops_on_edges_that_no_path_uses_leave_no_trace():
    # Nothing leads from the first node to the second one or to the output: what stands on edge 0-1 is dead.
    cells = np.array([[2, 1, 0, 3, 0, 1], [3, 1, 0, 3, 0, 1], [0, 1, 0, 3, 0, 1]])
    vectors = encode(cells)
    assert (vectors == vectors[0]).all()
    assert (encode(np.array([[2, 1, 0, 3, 0, 1], [2, 1, 0, 3, 2, 1]]))[0] != vectors[0]).any()


@pytest.mark.parametrize("name", ["hypervolume-gain", "hypervolume-gain (all cells)"])
def test_ours_covers_more_of_the_front_than_chance_with_as_many_evaluations(table: Table, name: str):
    found = contest(table, CONTESTANTS[name], 2, 25)
    chance = contest(table, CONTESTANTS["random"], 2, 25)
    assert set(found) == {"25", "25 sd"}
    assert chance["25"] < found["25"] <= 1


def test_every_contestant_evaluates_distinct_cells(table: Table):
    for name, contestant in CONTESTANTS.items():
        if not name.startswith("pymoo"):
            order = contestant(table, 0, 25)
            assert len(order) == len(set(order)) == 25


def test_figures_are_printed_by_controller(table: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "table.npz"
    np.savez(path, arch=table.edges, c10_test200=100 - table.errors, lat_ms_raspi4=table.latencies_ms)
    given = ["--table", str(path), "--seeds", "1", "--evaluations", "25", "--only", "random", "--json"]
    assert main(given) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["random"]
    assert 0 < printed["random"]["25"] <= 1


def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "table.npz"
    path.write_text("no table")
    with pytest.raises(SystemExit) as stopped:
        main(["--table", str(path)])
    assert stopped.value.code == 2
    assert "is no table with c10_test200 and lat_ms_raspi4" in capsys.readouterr().err


def test_a_corner_that_nothing_reaches_is_refused_in_a_sentence(
    table: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "table.npz"
    np.savez(path, arch=table.edges, c10_test200=100 - table.errors, lat_ms_raspi4=table.latencies_ms)
    with pytest.raises(SystemExit):
        main(["--table", str(path), "--worst-error", "1"])
    assert "raise --worst-error" in capsys.readouterr().err
