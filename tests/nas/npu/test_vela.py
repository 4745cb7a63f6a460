from dataclasses import replace

import pytest

from constraints.target import list_targets, load_target
from nas.export.tflite import write_tflite
from nas.npu.vela import VelaRefused, compile_for, vela_version
from studies.untrained import random_network
from tests.graphs import branching_graph, single_op_graphs
from tests.nas.tflite_file.foreign_models import with_custom_operator

needs_vela = pytest.mark.skipif(vela_version() is None, reason="needs pip install 'budget-nas[npu]'")
MODEL = write_tflite(random_network(branching_graph(0, 6), 0))
U55 = load_target("ethos_u55_128")


@needs_vela
@pytest.mark.parametrize("name", [name for name in list_targets() if load_target(name).vela is not None])
def test_every_shipped_neural_processor_compiles_a_network(name: str):
    target = load_target(name)
    estimate = compile_for(MODEL, target)
    assert target.clock_hz is not None
    assert estimate.latency_ms == pytest.approx(estimate.cycles / target.clock_hz * 1000)
    assert 0 < estimate.sram_bytes < 1 << 20
    assert 0 < estimate.flash_bytes < 1 << 20
    assert estimate.by == f"the compiler's estimate (Vela {vela_version()})"
    assert estimate.cpu_ops == ()


@needs_vela
@pytest.mark.parametrize(
    "name", ["pointwise", "depthwise", "fully connected", "residual", "global average pool"]
)
def test_the_ops_of_our_spaces_run_on_the_neural_processor(name: str):
    assert compile_for(write_tflite(random_network(single_op_graphs()[name], 0)), U55).cpu_ops == ()


@needs_vela
def test_a_stride_that_the_neural_processor_lacks_is_left_to_the_processor():
    graph = single_op_graphs()["line"]
    assert max(graph.ops[0].stride) == 4
    assert compile_for(write_tflite(random_network(graph, 0)), U55).cpu_ops == ("CONV_2D",)


@needs_vela
def test_an_op_that_is_left_to_the_processor_is_named():
    estimate = compile_for(with_custom_operator().write(), U55)
    assert estimate.cpu_ops == ("NoSuchOperator",)
    assert estimate.cycles > 0


@needs_vela
@pytest.mark.parametrize("damaged", [b"", b"not a model" * 100, MODEL[: len(MODEL) // 2]])
def test_a_damaged_model_is_one_sentence_and_kills_nothing(damaged: bytes):
    with pytest.raises(VelaRefused, match="Vela cannot compile the model for ethos-u55-128") as refused:
        compile_for(damaged, U55)
    assert "\n" not in str(refused.value)


@needs_vela
@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("accelerator", "ethos-u99-1", "invalid choice: 'ethos-u99-1'"),
        ("system_config", "Ethos_U55_Nothing", "Section System_Config.Ethos_U55_Nothing not found"),
        ("memory_mode", "Nowhere", "Section Memory_Mode.Nowhere not found"),
    ],
)
def test_a_configuration_that_vela_does_not_know_is_repeated_in_its_words(key: str, value: str, words: str):
    assert U55.vela is not None
    unknown = replace(U55, vela=replace(U55.vela, **{key: value}))
    with pytest.raises(VelaRefused, match=words):
        compile_for(MODEL, unknown)


@needs_vela
def test_a_compiler_that_does_not_end_is_stopped():
    with pytest.raises(VelaRefused, match=r"Vela was not done with the model after 0\.01 s"):
        compile_for(MODEL, U55, seconds=0.01)


@needs_vela
def test_compiling_prints_nothing(capfd: pytest.CaptureFixture[str]):
    compile_for(MODEL, U55)
    assert capfd.readouterr() == ("", "")


def test_a_target_without_a_neural_processor_is_refused():
    with pytest.raises(VelaRefused, match=r"target host has no \[vela\] table"):
        compile_for(MODEL, load_target("host"))
