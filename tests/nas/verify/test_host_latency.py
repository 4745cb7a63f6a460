import pytest

from nas.export.tflite import write_tflite
from nas.verify.host_latency import (
    HostRefused,
    litert_version,
    measure_each,
    measure_litert_ms,
    measure_tflm_ms,
)
from nas.verify.tflm import tflm_version
from studies.untrained import random_network
from tests.graphs import branching_graph

MODEL = write_tflite(random_network(branching_graph(0, 6), 0))
needs_tflm = pytest.mark.skipif(tflm_version() is None, reason="needs the tflite-micro wheel")
needs_litert = pytest.mark.skipif(litert_version() is None, reason="needs ai-edge-litert")


@needs_tflm
def test_this_computer_is_timed_in_tensorflow_lite_micro():
    measured = measure_tflm_ms(MODEL)
    assert 0 <= measured.spread_ms < measured.median_ms < 1000
    assert measured.runtime == f"TensorFlow Lite Micro {tflm_version()}, reference kernels"


@needs_litert
def test_litert_is_timed_as_often_as_asked():
    measured = measure_litert_ms(MODEL, runs=7)
    assert measured.runs == 7
    assert 0 <= measured.spread_ms < measured.median_ms < 1000
    assert measured.runtime == f"LiteRT {litert_version()}, one thread"


@needs_tflm
@needs_litert
def test_each_installed_runtime_is_timed_and_named():
    assert [one.runtime.split()[0] for one in measure_each(MODEL, runs=3)] == ["TensorFlow", "LiteRT"]


@needs_tflm
@needs_litert
@pytest.mark.parametrize("damaged", [b"", b"not a model" * 100, MODEL[: len(MODEL) // 2]])
def test_a_damaged_model_is_one_sentence(damaged: bytes):
    for measure in (measure_tflm_ms, measure_litert_ms, measure_each):
        with pytest.raises(HostRefused, match="cannot run the model") as refused:
            measure(damaged)
        assert "\n" not in str(refused.value)
