import json

import pytest
from click.testing import CliRunner

from constraints.macs import count_macs
from studies.bench_cost import main
from studies.rival_counters import RunnableGraph, count_with_torch, image_of, installed_rivals
from tests.graphs import random_network_graph


@pytest.mark.parametrize("seed", range(4))
def test_torch_counts_the_multiply_accumulates_that_we_do(seed: int):
    graph = random_network_graph(seed)
    assert count_with_torch(RunnableGraph(graph), image_of(graph)) == count_macs(graph)


def test_the_benchmark_prints_all_speeds_as_json():
    done = CliRunner().invoke(main, ["--json", "--population", "50", "--networks", "1", "--singles", "50"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert set(figures["rivals"]) == set(installed_rivals())
    assert figures["single_per_s"] == min(one["single_per_s"] for one in figures["presets"].values())
    assert figures["single_per_s"] > 0
    assert figures["batch_per_s"] > 0
