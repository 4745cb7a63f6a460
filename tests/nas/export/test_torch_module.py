import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data.dataset import Normalization
from nas.export.torch_module import write_module
from nas.networks.integer import run_integer
from nas.quantized_network import QuantizedNetwork
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph, Op, OpKind, Tensor, UnsupportedOp
from search_spaces.presets import images, signals
from studies.untrained import random_network
from tests.graphs import branching_graph, preset_spaces, random_network_graph, single_op_graphs
from tests.nas.export.modules import class_names, export, float_logits, normalization_of, random_pixels

BLOCKS = {
    block.label: block
    for space in (images.space((48, 48, 3), 2), signals.space((64, 1, 3), 4))
    for block in (*space.entries, *space.blocks)
}
UNEQUAL_IN_TORCH = ("fully connected over a map", "average pool of four")
"""Ops of which TensorFlow Lite alone says what they do: the order of a map, padding before a pool."""


def small_graph() -> Graph:
    builder = GraphBuilder((9, 8, 2))
    x = builder.conv(builder.input, "stem", 4, (3, 3), (2, 2))
    y = builder.conv(x, "stage0.block0.plain.conv", 4, (3, 3), activation=Activation.NONE)
    x = builder.add(x, y, "stage0.block0.plain.add", Activation.RELU)
    x = builder.global_average_pool(x, "head.pool")
    builder.fully_connected(x, "head.classify", 3)
    return builder.build()


def text_of(network: QuantizedNetwork) -> str:
    return write_module(network, normalization_of(network), class_names(network.graph), "A network")[0]


def assert_computes_its_network(graph: Graph, seed: int, folder: Path) -> None:
    network = random_network(graph, seed)
    pixels = random_pixels(graph, 3, seed)
    with torch.no_grad():
        logits = export(network, folder)(pixels).double()
    expected = float_logits(network, pixels)
    assert logits.shape == expected.shape
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("label", BLOCKS)
def test_a_module_computes_what_its_network_does_for_every_block(label: str, tmp_path: Path):
    builder = GraphBuilder((9, 6, 8))
    x = BLOCKS[label].lower(builder, builder.input, 8, (1, 1), "stage0.block0")
    x = BLOCKS[label].lower(builder, x, 12, (2, 2), "stage1.block0")
    builder.fully_connected(builder.global_average_pool(x, "head.pool"), "head.classify", 5)
    assert_computes_its_network(builder.build(), 1, tmp_path)


@pytest.mark.parametrize("seed", range(25))
def test_a_module_computes_what_its_network_does_for_every_preset(seed: int, tmp_path: Path):
    assert_computes_its_network(random_network_graph(seed), seed, tmp_path)


@pytest.mark.parametrize("name", [name for name in single_op_graphs() if name not in UNEQUAL_IN_TORCH])
def test_a_module_computes_what_its_network_does_for_every_way_to_write_an_op(name: str, tmp_path: Path):
    assert_computes_its_network(single_op_graphs()[name], 2, tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_a_module_keeps_every_tensor_until_its_last_reader(seed: int, tmp_path: Path):
    assert_computes_its_network(branching_graph(seed, ops=14), seed, tmp_path)


@pytest.mark.parametrize("name", UNEQUAL_IN_TORCH)
def test_a_module_does_what_the_device_does_where_torch_would_do_another_thing(name: str, tmp_path: Path):
    graph = single_op_graphs()[name]
    network, pixels = random_network(graph, 3), random_pixels(graph, 20, 3)
    with torch.no_grad():
        logits = export(network, tmp_path)(pixels).double().numpy()
    codes = run_integer(network, (pixels.permute(0, 2, 3, 1).int() - 128).to(torch.int8).numpy())
    rule = network.activations[graph.output.name]
    values = np.clip(logits / rule.scale + rule.zero_point, -128, 127)
    assert len(np.unique(codes)) > 10
    assert np.abs(values - codes).max() < 0.51


def test_pixels_may_be_bytes_or_floats(tmp_path: Path):
    network = random_network(small_graph(), 0)
    module = export(network, tmp_path)
    pixels = random_pixels(network.graph, 4, 0)
    assert torch.equal(module(pixels), module(pixels.float()))


def test_pixels_of_another_shape_are_refused_in_words(tmp_path: Path):
    module = export(random_network(small_graph(), 0), tmp_path)
    with pytest.raises(ValueError, match=r"must be \(batch, 2, 9, 8\), got \(1, 9, 8, 2\)"):
        module(torch.zeros(1, 9, 8, 2))


def test_the_text_reads_as_a_person_would_write_it():
    text = text_of(random_network(small_graph(), 0))
    assert "        self.stem = SameConv2d(2, 4, 3, stride=2)\n" in text
    assert "        self.stage0_block0_plain_conv = nn.Conv2d(4, 4, 3, padding=1)\n" in text
    assert (
        """\
        # stage 0, block 0: (4, 5, 4)
        y = self.stage0_block0_plain_conv(x)
        x = F.relu(x + y)

        # head: (3,)
        x = x.mean((2, 3))
        return self.head_classify(x)
"""
        in text
    )


def test_no_helper_layer_is_written_where_none_is_needed():
    assert "SameConv2d" not in text_of(random_network(single_op_graphs()["pointwise"], 0))


def test_the_text_is_clean_and_formatted(tmp_path: Path):
    graphs = [*map(random_network_graph, range(12)), *single_op_graphs().values()]
    for number, graph in enumerate(graphs):
        (tmp_path / f"model{number}.py").write_text(text_of(random_network(graph, number)), encoding="utf-8")
    for command in (["check", "--extend-select=E501"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length=110", str(tmp_path)]
        found = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr


def test_long_lists_of_classes_and_long_names_of_layers_are_laid_out_as_well(tmp_path: Path):
    builder = GraphBuilder((9, 9, 120))
    x = builder.depthwise(builder.input, f"stage0.block0.{'wide' * 10}", (7, 5), (2, 1))
    x = builder.depthwise(x, f"stage0.block1.{'wider' * 12}", (7, 5), (2, 1))
    builder.fully_connected(builder.global_average_pool(x, "head.pool"), "head.classify", 30)
    file = tmp_path / "model.py"
    file.write_text(text_of(random_network(builder.build(), 0)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length=110", str(file)]
    found = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_module_imports_torch_and_safetensors_and_the_standard_library_alone():
    for seed in range(len(preset_spaces())):
        tree = ast.parse(text_of(random_network(random_network_graph(seed), seed)))
        nodes = list(ast.walk(tree))
        modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert modules == {"torch", "torch.nn.functional", "safetensors.torch", "pathlib"}


def test_the_module_runs_in_a_process_that_does_not_know_this_project(tmp_path: Path):
    network = random_network(small_graph(), 4)
    pixels = random_pixels(network.graph, 5, 4)
    expected = export(network, tmp_path)(pixels).flatten().tolist()
    program = (
        "import runpy, sys, torch\n"
        "module = runpy.run_path('model.py', run_name='__main__')\n"
        f"pixels = torch.tensor({pixels.tolist()}, dtype=torch.uint8)\n"
        "print(module['load']()(pixels).flatten().tolist())\n"
        "known = {'nas', 'search_spaces', 'constraints', 'studies'}\n"
        "assert not known & set(sys.modules), known & set(sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    *summary, logits = ran.stdout.splitlines()
    assert summary[-1] == "239 weights and biases"  # 4x2x9 + 4, 4x4x9 + 4, 3x4 + 3
    assert ast.literal_eval(logits) == pytest.approx(expected, rel=1e-5, abs=1e-6)


HOSTILE = ('"""', "\n", "{x}", "'''\\", "\u202e", "\ud800", "# no", "'\"", "", "%s", "猫")


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    classes=st.tuples(*[st.text() | st.sampled_from(HOSTILE)] * 3), title=st.text() | st.sampled_from(HOSTILE)
)
def test_no_class_name_and_no_title_can_change_the_program(classes: tuple[str, ...], title: str):
    network = random_network(small_graph(), 0)
    text, _ = write_module(network, normalization_of(network), classes, title)
    tree = ast.parse(text.encode("utf-8"))
    plain = ast.parse(text_of(network))
    assert [type(node) for node in tree.body] == [type(node) for node in plain.body]
    assert [ast.dump(node) for node in tree.body[5:]] == [ast.dump(node) for node in plain.body[5:]]
    assigned = next(node for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(assigned.value) == classes
    said = ast.get_docstring(tree) or ""
    assert " ".join(title.split()) in " ".join(said.split())


def test_a_network_needs_one_class_a_logit():
    network = random_network(small_graph(), 0)
    with pytest.raises(ValueError, match="3 logits needs as many class names, got 2"):
        write_module(network, normalization_of(network), ("a", "b"), "A network")


@pytest.mark.parametrize("change", [(1, 1.0), (0, 1.01)])
def test_another_normalization_than_the_input_is_quantized_for_is_refused(change: tuple[int, float]):
    network = random_network(small_graph(), 0)
    right = normalization_of(network)
    wrong = Normalization(right.mean_byte + change[0], right.deviation_bytes * change[1])
    with pytest.raises(ValueError, match="give the normalization that the network was trained with"):
        write_module(network, wrong, class_names(network.graph), "A network")


def test_a_pool_whose_windows_overlap_is_refused():
    op = Op("pool", OpKind.MAX_POOL, ("input",), "pool:0", (3, 3), (2, 2))
    source, target = Tensor("input", (6, 6, 1)), Tensor("pool:0", (3, 3, 1))
    graph = Graph(source, (op,), {"input": source, "pool:0": target})
    with pytest.raises(UnsupportedOp, match="must move by its window"):
        text_of(random_network(graph, 0))
