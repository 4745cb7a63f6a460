from dataclasses import replace
from typing import Any, cast

import pytest

from constraints.cost_models import EnergyModel, LatencyModel
from constraints.energy import energy_uj
from constraints.geometry import Geometry, geometry_of
from constraints.latency import gathered_bytes, latency_ms, op_cycles, predicted_cycles
from constraints.target import Target, list_targets, load_target
from search_spaces.graph import OpKind, UnsupportedOp
from tests.constraints.test_macs import small_net

MODEL = LatencyModel(
    software_stack="made up for the arithmetic",
    source="this test",
    conv_cycles_per_mac=2.0,
    pointwise_cycles_per_mac=3.0,
    depthwise_cycles_per_mac=5.0,
    fully_connected_cycles_per_mac=7.0,
    add_cycles_per_element=11.0,
    max_pool_cycles_per_element=13.0,
    average_pool_cycles_per_element=17.0,
    cycles_per_op=100.0,
)
TARGET = Target(
    "made_up", "Made up", "core", clock_hz=1_000_000, latency=MODEL, energy=EnergyModel(4.0, "test")
)


def test_cycles_of_each_kind_are_as_worked_out_by_hand():
    graph = small_net()
    assert {op.name: op_cycles(geometry_of(graph, op), MODEL) for op in graph.ops} == {
        "stem": 100 + 2 * 4_320,
        "dw": 100 + 5 * 800,
        "pw": 100 + 3 * 1_280,
        "sum": 100 + 11 * (5 * 4 * 8),  # elements written
        "max": 100 + 13 * (3 * 2 * 8 * 4),  # elements read: four a window
        "mean": 100 + 17 * (2 * 2 * 8 * 2),
        "hidden": 100 + 7 * 192,
        "pool": 100 + 17 * 6,
        "head": 100 + 7 * 60,
    }


def test_milliseconds_follow_from_the_cycles_and_the_clock_and_energy_from_the_power():
    # 9 x 100 + 8,640 + 4,000 + 3,840 + 1,760 + 2,496 + 1,088 + 1,344 + 102 + 420 = 24,590 cycles at 1 MHz.
    graph = small_net()
    assert predicted_cycles(graph, MODEL) == 24_590
    assert latency_ms(graph, TARGET) == pytest.approx(24.59)
    assert energy_uj(graph, TARGET) == pytest.approx(4.0 * 24.59)


def test_twice_the_clock_takes_half_the_time():
    graph = small_net()
    slow, fast = latency_ms(graph, TARGET), latency_ms(graph, replace(TARGET, clock_hz=2_000_000))
    assert slow is not None
    assert fast == pytest.approx(slow / 2)


def test_a_target_without_a_model_has_no_latency_and_no_energy():
    graph = small_net()
    without = replace(TARGET, latency=None)
    assert latency_ms(graph, without) is None
    assert energy_uj(graph, without) is None
    assert energy_uj(graph, replace(TARGET, energy=None)) is None


def test_an_op_of_an_unknown_kind_raises():
    graph = small_net()
    strange = replace(graph.ops[0], kind=cast("Any", "softmax"))
    with pytest.raises(UnsupportedOp, match=r"^the latency of 'softmax' is not known"):
        op_cycles(geometry_of(graph, strange), MODEL)
    with pytest.raises(UnsupportedOp, match="op stem: the latency of 'softmax' is not known"):
        predicted_cycles(graph.with_order((strange, *graph.ops[1:])), MODEL)


def test_a_convolution_pays_for_its_window_and_for_what_it_writes_beside_its_macs():
    # 3x3 over 3 channels, 5 x 4 x 8 outputs: 20 windows of 27 B; 160 elements; 4,320 MACs.
    shaped = replace(MODEL, cycles_per_output=10.0, cycles_per_gathered_byte=4.0)
    stem = Geometry(OpKind.CONV, (9, 8, 3), (5, 4, 8), kernel=(3, 3), stride=(2, 2))
    assert gathered_bytes(stem) == 20 * 27
    assert op_cycles(stem, shaped) == 100 + 2 * 4_320 + 10 * 160 + 4 * 540


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [(OpKind.CONV, 160), (OpKind.DEPTHWISE_CONV, 160), (OpKind.FULLY_CONNECTED, 160), (OpKind.ADD, 0)],
)
def test_ops_without_a_gathered_window_pay_for_what_they_write_alone(kind: OpKind, outputs: int):
    geometry = Geometry(kind, (5, 4, 8), (5, 4, 8))
    shaped = replace(MODEL, cycles_per_output=10.0, cycles_per_gathered_byte=4.0)
    assert op_cycles(geometry, shaped) - op_cycles(geometry, MODEL) == 10 * outputs


def test_a_kernel_without_a_constant_raises():
    with pytest.raises(
        UnsupportedOp, match=r"op sum: the latency model \(made up .*\) has no constant for add"
    ):
        predicted_cycles(small_net(), replace(MODEL, add_cycles_per_element=None))


@pytest.mark.parametrize("name", [name for name in list_targets() if load_target(name).latency is not None])
def test_every_shipped_model_times_every_kind_of_op(name: str):
    ms = latency_ms(small_net(), load_target(name))
    assert ms is not None
    assert 0.01 < ms < 10
