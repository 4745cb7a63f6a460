import json

import pytest

from studies.bench_arena import SPACES, bench, main

pytest.importorskip("tflite_micro")


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_predictions_are_the_runtimes_records_and_plans_change_no_output(space):
    found = bench(space, 6, seed=5)
    assert (found.n, found.head_equal, found.plain_head_equal, found.outputs_equal) == (6, 1, 1, 1)
    assert found.tail_max_rel == found.file_max_rel == 0
    assert 0 <= found.saved_least <= found.saved_mean < 1


def test_figures_are_printed_by_space(capsys):
    assert main(["--n", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {space.name for space in SPACES}
    assert all(figures["n"] == 1 for figures in printed.values())


def test_no_networks_are_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--n", "0"])
    assert stopped.value.code == 2
    assert "--n must be 1 or more, got 0" in capsys.readouterr().err
