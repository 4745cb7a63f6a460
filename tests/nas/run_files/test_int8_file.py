from pathlib import Path

import numpy as np
import pytest

from nas.networks.integer import run_integer
from nas.run_files.int8_file import BadInt8File, load_int8, save_int8
from studies.untrained import random_images, random_network
from tests.graphs import random_network_graph, single_op_graphs
from tests.nas.test_files import disk_that_fills_up_at

FACTS = {"accuracy": 0.1 + 0.2, "steps": 12, "name": "größer"}


@pytest.mark.parametrize("seed", range(3))
def test_a_network_comes_back_with_every_number_and_its_facts(seed: int, tmp_path: Path):
    graph = random_network_graph(seed)
    network = random_network(graph, seed)
    save_int8(network, FACTS, tmp_path / "net")
    back, facts = load_int8(graph, tmp_path / "net")
    assert facts == FACTS
    assert back.activations == network.activations
    assert back.weights.keys() == network.weights.keys()
    for name, weights in network.weights.items():
        for kind in ("codes", "scales", "bias"):
            ours, theirs = getattr(weights, kind), getattr(back.weights[name], kind)
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
    images = random_images(graph, 4, seed)
    np.testing.assert_array_equal(run_integer(network, images), run_integer(back, images))


@pytest.mark.parametrize("kept", [0, 6, 200, -1])
def test_a_file_that_was_cut_short_is_named_and_what_to_do(kept: int, tmp_path: Path):
    graph, path = random_network_graph(0), tmp_path / "net"
    save_int8(random_network(graph, 0), FACTS, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadInt8File, match="net is damaged or another's: delete it, and `nas resume`"):
        load_int8(graph, path)


def test_a_file_of_another_network_is_refused(tmp_path: Path):
    save_int8(random_network(single_op_graphs()["pointwise"], 0), FACTS, tmp_path / "net")
    with pytest.raises(BadInt8File):
        load_int8(single_op_graphs()["two fully connected"], tmp_path / "net")


def test_a_missing_file_is_an_error_of_the_disk(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load_int8(random_network_graph(0), tmp_path / "net")


def test_a_disk_that_fills_up_is_an_error_of_the_disk_and_leaves_nothing(tmp_path: Path):
    network = random_network(random_network_graph(1), 1)
    with disk_that_fills_up_at(1024), pytest.raises(OSError, match="File too large"):
        save_int8(network, FACTS, tmp_path / "net")
    assert list(tmp_path.iterdir()) == []
