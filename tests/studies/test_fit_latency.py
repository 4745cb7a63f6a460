import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas.export.tflite import write_tflite
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph
from studies.fit_latency import constants, main
from studies.joint_fit import fit
from studies.left_out import QUESTIONS, leave_out, summarize
from studies.mlperf_tiny import Measured, read_measured, read_power
from studies.published_kernels import c_rates, pico_left_out, pico_rates, published_shape
from studies.reference_networks import FILES, WORK, Network, read_network
from studies.untrained import random_network

#                 pointwise,       conv,     dw,      fc, output, gathered,    add, pool, op
AMOUNTS = {
    "dense": [0, 0, 0, 250_000, 1_700, 0, 0, 0, 10],
    "plain": [250_000, 12_000_000, 0, 600, 86_000, 490_000, 29_000, 4_000, 14],
    "separable": [2_000_000, 300_000, 290_000, 700, 72_000, 5_000, 0, 8_000, 11],
    "mobile": [6_000_000, 500_000, 800_000, 500, 230_000, 62_000, 0, 2_000, 29],
}
NETWORKS = {name: Network(np.array(row, float), np.array(row, float)) for name, row in AMOUNTS.items()}
HEADER = "version,division,org,system,benchmark,latency_ms,energy_uJ,board,cpu,freq,framework,source\n"


def board(name: str, stack: str, level: float, shape: Sequence[float] | None = None) -> Measured:
    """What a board publishes whose costs are exactly `level` x `shape`."""
    rates = level * (published_shape() if shape is None else np.array(shape))
    cycles = {network: float(rates @ work.work) for network, work in NETWORKS.items()}
    return Measured(name, stack, 1e8, cycles)


SHAPED = [board("a", "first 1.0", 2.0), board("b", "first 1.0", 1.0), board("a", "other 1.0", 4.0)]


def test_stacks_that_are_as_the_kernels_say_are_found_exactly():
    found = fit(SHAPED, NETWORKS)
    for one, level in zip(SHAPED, (2.0, 1.0, 4.0), strict=True):
        assert found.rates[one.board, one.stack] == pytest.approx(level * published_shape(), rel=1e-3)


@pytest.mark.parametrize("question", QUESTIONS)
def test_stacks_that_are_as_the_kernels_say_are_predicted_when_left_out(question: str):
    left = [one for one in leave_out(SHAPED, NETWORKS) if one.question == question]
    assert left
    assert max(abs(one.error) for one in left) < 0.01


def test_a_stack_never_run_on_a_board_follows_from_the_others():
    never = replace(board("b", "other 1.0", 2.0), cycles={})
    found = fit([*SHAPED, never], NETWORKS)
    assert found.rates["b", "other 1.0"] == pytest.approx(2.0 * published_shape(), rel=0.01)


def test_a_stack_away_from_the_kernels_is_fitted_closely_and_misses_what_nothing_tells_of():
    slow_dense = published_shape() * [1, 1, 1, 3, 1, 1, 1, 1, 1]
    alone = [board("a", "first 1.0", 2.0, slow_dense)]
    assert fit(alone, NETWORKS).cycles(alone[0], NETWORKS, "dense") == pytest.approx(
        alone[0].cycles["dense"], rel=0.05
    )
    (dense,) = (
        one for one in leave_out(alone, NETWORKS) if (one.question, one.network) == ("unseen", "dense")
    )
    assert dense.error < -0.5


def test_a_latency_that_is_left_out_has_no_say_in_its_prediction():
    published = SHAPED[0].cycles["dense"]
    changed = replace(SHAPED[0], cycles={**SHAPED[0].cycles, "dense": 10 * published})

    def predicted(first: Measured) -> list[float]:
        left = leave_out([first, *SHAPED[1:]], NETWORKS)
        return [
            (one.error + 1) * first.cycles["dense"]
            for one in left
            if (one.board, one.stack, one.network, one.anchor) == ("a", "first 1.0", "dense", "")
        ]

    assert predicted(changed) == pytest.approx(predicted(SHAPED[0]), rel=1e-6)


def test_a_board_left_out_is_predicted_from_each_network_in_turn():
    left = [one for one in leave_out(SHAPED, NETWORKS) if one.question == "board"]
    assert {(one.board, one.stack, one.anchor, one.network) for one in left} == {
        (one.board, one.stack, anchor, network)
        for one in SHAPED
        for anchor in AMOUNTS
        for network in AMOUNTS
        if network != anchor
    }
    assert summarize([]) is None


def test_a_stack_that_leaves_constant_channels_out_is_charged_for_the_rest():
    half = {name: Network(one.work, one.work / 2) for name, one in NETWORKS.items()}
    drops = board("a", "X-CUBE-AI 9.0", 2.0)
    found = fit([drops], half)
    assert found.rates["a", "X-CUBE-AI 9.0"] == pytest.approx(4.0 * published_shape(), rel=1e-3)


def test_the_shape_comes_from_the_published_kernels():
    # Two 1x1 convolutions of ESP-NN in plain C: 409,600 m + 6,400 w = 4,642,259 and 16,384 m + 1,024 w =
    # 300,032 give 307,200 m = 4,642,259 - 6.25 x 300,032 = 2,767,059.
    assert c_rates()["pointwise"] == pytest.approx(2_767_059 / 307_200)
    assert c_rates()["output"] == pytest.approx((300_032 - 16_384 * 2_767_059 / 307_200) / 1_024)
    # The RP2040's 6 x 6 x 128 pointwise convolutions: 38.77 ms at 125 MHz, 589,824 MACs and 4,608 elements.
    rates = pico_rates()
    assert rates["pointwise"] * 589_824 + rates["output"] * 4_608 == pytest.approx(38_770 * 125, rel=0.05)
    assert pico_left_out()["median"] < 0.1
    assert published_shape()[WORK.index("pointwise")] == 1.0


def test_constants_have_the_names_of_a_target_file():
    from dataclasses import fields

    from constraints.cost_models import LatencyModel

    assert constants(published_shape().tolist()).keys() <= {entry.name for entry in fields(LatencyModel)}


def rows(system: str, framework: str, latencies: dict[str, float], version: str = "v1.0") -> str:
    return "".join(
        f"{version},closed,org,{system},{name},{ms},{ms * 50},Nucleo-L4R5ZI,cpu,120 MHz,{framework},s\n"
        for name, ms in latencies.items()
    )


def test_resubmissions_of_one_stack_are_averaged_and_other_builds_left_out(tmp_path: Path):
    path = tmp_path / "table.csv"
    some = {"ad": 10.0, "ic": 300.0, "kws": 80.0}
    text = rows("L4R5_X-CUBE-AI-7.3", "", some, "v1.1")
    text += rows("L4R5", "X-CUBE-AI", {name: ms * 1.1 for name, ms in some.items()})
    text += rows("L4R5_float", "X-CUBE-AI", some) + rows("L4R5_max_performance", "X-CUBE-AI", some)
    text += rows("one", "ONNC", {"ad": 1.0})
    path.write_text(HEADER + text, encoding="utf-8")
    (measured,) = read_measured(path)
    assert (measured.board, measured.stack, measured.family) == (
        "NUCLEO-L4R5ZI",
        "X-CUBE-AI 7.3",
        "X-CUBE-AI",
    )
    assert measured.cycles["ad"] == pytest.approx(10.5e-3 * 120e6)
    assert all(power.median_mw == pytest.approx(50.0) for power in read_power(path))


def test_power_is_judged_by_the_other_networks(tmp_path: Path):
    path = tmp_path / "table.csv"
    text = rows("x", "TensorFlow Lite for Microcontrollers v2.3.1", {"ad": 1.0, "ic": 2.0, "kws": 3.0})
    path.write_text(HEADER + text.replace(",50.0,", ",60.0,"), encoding="utf-8")
    (power,) = read_power(path)
    assert power.left_out_errors == pytest.approx({"ad": 50 / 60 - 1, "ic": 55 / 50 - 1, "kws": 55 / 50 - 1})


def dense() -> Graph:
    builder = GraphBuilder((4, 4, 2))
    builder.fully_connected(builder.fully_connected(builder.input, "hidden", 8), "head", 3)
    return builder.build()


def separable(channels: int) -> Graph:
    builder = GraphBuilder((8, 8, 3))
    x = builder.conv(builder.input, "stem", channels, (3, 3), (2, 2))
    x = builder.add(x, builder.conv(builder.depthwise(x, "dw", (3, 3)), "pw", channels), "sum")
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 3)
    return builder.build()


def test_the_work_of_a_file_is_counted_by_kind():
    network = read_network(write_tflite(random_network(separable(8), 0)))
    assert dict(zip(WORK, network.work.tolist(), strict=True)) == {
        "conv": 16 * 8 * 27,
        "gathered": 16 * 27,
        "depthwise": 16 * 8 * 9,
        "pointwise": 16 * 8 * 8,
        "add": 16 * 8,
        "average_pool": 16 * 8,
        "fully_connected": 8 * 3,
        "output": 3 * 16 * 8 + 3,
        "op": 6,
    }
    assert network.live_work.tolist() == network.work.tolist()


def test_the_program_prints_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    graphs = {"ad": dense(), "kws": separable(4), "ic": separable(16), "vww": separable(32)}
    for name, graph in graphs.items():
        (tmp_path / f"{FILES[name]}.tflite").write_bytes(write_tflite(random_network(graph, 0)))
    table = tmp_path / "table.csv"
    latencies = {"ad": 0.1, "kws": 1.0, "ic": 4.0, "vww": 12.0}
    table.write_text(HEADER + rows("x", "microTVM", latencies), encoding="utf-8")
    arguments = ["--table", str(table), "--models", str(tmp_path), "--pair", "other board, microTVM"]
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [one["board"] for one in printed["stacks"]] == ["NUCLEO-L4R5ZI", "other board"]
    assert printed["stacks"][0]["left_out"]["network"]["count"] == 4
    assert printed["all"]["board"]["count"] == 12
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "other board, microTVM (never published: predicted)" in text
    assert "unseen left out: median" in text
