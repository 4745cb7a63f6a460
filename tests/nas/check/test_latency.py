import pytest

from constraints.target import load_target
from nas.check.latency import How, Latency, latency_of
from nas.export.tflite import write_tflite
from nas.quantized_network import QuantizedNetwork
from nas.tflite_file.read import read_model
from nas.verify.host_latency import litert_version
from nas.verify.tflm import tflm_version
from tests.nas.tflite_file.zero_channels import network, with_zeros

XCUBEAI = "stm32l4r5_xcubeai"


def latency(network: QuantizedNetwork, target: str) -> Latency:
    data = write_tflite(network)
    return latency_of(read_model(data), data, load_target(target))


def test_a_stack_that_drops_constant_channels_takes_as_long_as_for_a_network_without_them():
    zeroed = latency(with_zeros(network(6), "first", [1, 4]), XCUBEAI)
    assert zeroed.cycles == latency(network(4), XCUBEAI).cycles
    assert zeroed.remark == "channels with all-zero weights are not computed"
    full = latency(network(6), XCUBEAI)
    assert full.remark == ""
    assert zeroed.ms is not None
    assert full.ms is not None
    assert zeroed.ms < full.ms


def test_other_stacks_compute_constant_channels():
    zeroed, full = (
        latency(one, "stm32l4r5") for one in (with_zeros(network(6), "first", [1, 4]), network(6))
    )
    assert zeroed == full


def test_this_computer_is_timed_in_every_runtime_that_is_installed():
    if tflm_version() is None or litert_version() is None:
        pytest.skip("needs tflite-micro and ai-edge-litert")
    measured = latency(network(), "host")
    assert measured.how is How.MEASURED
    assert measured.runtime.startswith(f"TensorFlow Lite Micro {tflm_version()}")
    (litert,) = measured.beside
    assert litert.runtime.startswith(f"LiteRT {litert_version()}")
    assert 0 < litert.median_ms < 50
