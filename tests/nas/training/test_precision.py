import random
from dataclasses import replace

import pytest
import torch

from nas.networks.execute import run_graph
from nas.networks.folded import fold
from nas.networks.weight_bank import BatchNormed, WeightBank
from nas.training.allowance import Allowance
from nas.training.alone import train_alone
from nas.training.evaluate import evaluate
from nas.training.precision import training_type
from nas.training.recalibration import recalibration_batches
from search_spaces.lowering import lower
from tests.nas.training.lessons import one_network, small_space, stream, training_images, validation_images


@pytest.mark.parametrize("tiles", [True, False])
def test_auto_is_bfloat16_where_the_processor_has_tiles(tiles: bool, monkeypatch: pytest.MonkeyPatch):  # noqa: FBT001
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": tiles, "avx512_bf16": True})
    assert training_type("auto") is (torch.bfloat16 if tiles else torch.float32)
    assert training_type("float32") is torch.float32
    assert training_type("bfloat16") is torch.bfloat16


def test_a_processor_that_says_nothing_of_tiles_trains_in_float32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "aarch64"})
    assert training_type("auto") is torch.float32


def test_networks_of_every_family_compute_in_bfloat16_nearly_what_they_do_in_float32():
    space, rng = small_space(), random.Random(0)
    images, _ = stream().batch(0, (8, 8))
    for _ in range(8):
        graph = lower(space, space.sample(rng))
        compute = BatchNormed(WeightBank.initialized([graph], 0))
        exact, rounded = (run_graph(graph, x, compute) for x in (images, images.to(torch.bfloat16)))
        assert rounded.dtype is torch.float32
        assert 0 < (rounded - exact).norm() < 0.1 * exact.norm()


def test_training_in_bfloat16_keeps_weights_in_float32_and_learns():
    graph, batches = one_network(), replace(stream(), precision=torch.bfloat16)
    bank = WeightBank.initialized([graph], 0)
    train_alone(graph, bank, batches, Allowance(steps=150))
    assert {tensor.dtype for tensor in bank.tensors()} == {torch.float32}
    folded = fold(graph, bank, recalibration_batches(training_images(), (8, 8), 512))
    assert evaluate(folded, validation_images(), (8, 8)).accuracy > 0.8
