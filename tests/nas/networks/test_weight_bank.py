import itertools
import math
import random

import pytest
import torch

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, Slot, WeightBank
from nas.training.optimizer import set_learning_rate, sgd
from search_spaces.block import Block
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, OpKind, WeightRef
from search_spaces.lowering import lower
from tests.graphs import preset_spaces
from tests.nas.networks.banks import random_bank
from tests.nas.networks.standalone import Standalone

FAMILIES: dict[str, Block] = {block.label: block for space in preset_spaces()[1:4] for block in space.blocks}


def network_of(block: Block, channels: int) -> Graph:
    """A stem, the block with and without a residual, and a head."""
    builder = GraphBuilder((9, 1, 2) if "x1" in block.label else (9, 8, 2))
    x = builder.conv(builder.input, "stem", channels)
    x = block.lower(builder, x, channels, (2, 1), "strided")
    x = block.lower(builder, x, channels, (1, 1), "residual")
    builder.fully_connected(builder.global_average_pool(x, "pool"), "head", 4)
    return builder.build()


def images_for(graph: Graph, dtype: torch.dtype, count: int = 6) -> torch.Tensor:
    height, width, channels = graph.input.shape
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, channels, height, width, generator=generator, dtype=dtype)


@pytest.mark.parametrize("label", FAMILIES)
def test_every_family_computes_in_the_bank_what_it_does_standing_alone(label: str):
    # The bank is made for 16 channels, and for 7 x 7 kernels where the family shares one slot among kernels.
    largest = [network_of(block, 16) for name, block in FAMILIES.items() if ("x1" in name) == ("x1" in label)]
    bank = random_bank(largest, 0, torch.float64)
    graph = network_of(FAMILIES[label], 8)
    images = images_for(graph, torch.float64)
    in_the_bank = run_graph(graph, images, BatchNormed(bank))
    torch.testing.assert_close(in_the_bank, Standalone(graph, bank)(images), rtol=0, atol=1e-9)


@pytest.mark.parametrize("number", range(5))
def test_random_networks_of_every_preset_compute_in_the_bank_what_they_do_standing_alone(number: int):
    space, rng = preset_spaces()[number], random.Random(number)
    graphs = [lower(space, space.sample(rng)) for _ in range(6)]
    bank = random_bank(graphs, 0, torch.float64)
    for graph in graphs:
        images = images_for(graph, torch.float64, count=2)
        in_the_bank = run_graph(graph, images, BatchNormed(bank))
        torch.testing.assert_close(in_the_bank, Standalone(graph, bank)(images), rtol=0, atol=1e-9)


@pytest.mark.parametrize("number", range(5))
def test_a_sliced_bank_computes_the_same_and_holds_just_what_its_network_reads(number: int):
    space, rng = preset_spaces()[number], random.Random(number)
    graphs = [lower(space, space.sample(rng)) for _ in range(4)]
    bank = random_bank(graphs, 0)
    for graph in graphs:
        sliced, images = bank.sliced(graph), images_for(graph, torch.float32, count=2)
        ours, theirs = (run_graph(graph, images, BatchNormed(one)) for one in (bank, sliced))
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
        shapes = {op.weight.slot: op.weight.shape for op in graph.ops if op.weight}
        assert {name: tuple(slot.weight.shape) for name, slot in sliced.slots.items()} == shapes


def test_training_a_sliced_bank_does_not_move_the_bank_it_was_taken_from():
    space = preset_spaces()[0]
    graph = lower(space, space.sample(random.Random(0)))
    bank = random_bank([graph], 0)
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    sliced = bank.sliced(graph)
    optimizer = sgd(sliced.decayed(), sliced.undecayed())
    set_learning_rate(optimizer, 0.1)
    run_graph(graph, images_for(graph, torch.float32), BatchNormed(sliced)).square().sum().backward()
    optimizer.step()
    for name, tensor in sliced.state().items():
        assert not torch.equal(tensor, before[name])
        assert torch.equal(bank.state()[name], before[name])


def test_gradients_of_a_path_reach_leading_channels_and_the_kernel_s_centre_and_nothing_else():
    builder = GraphBuilder((6, 6, 1))
    builder.conv(builder.input, "wide", 5, (5, 5))
    wide = builder.build()
    builder = GraphBuilder((6, 6, 1))
    builder.conv(builder.input, "wide", 3, (3, 3))
    bank = random_bank([wide], 0)
    logits = run_graph(builder.build(), images_for(wide, torch.float32), BatchNormed(bank))
    (logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(0))).sum().backward()
    slot = bank.slots["wide"]
    assert slot.weight.grad is not None
    moved = slot.weight.grad[:, 0] != 0
    expected = torch.zeros(5, 5, 5, dtype=torch.bool)
    expected[:3, 1:4, 1:4] = True
    assert torch.equal(moved, expected)
    assert slot.scale is not None
    for tensor in (slot.scale, slot.shift):
        assert tensor.grad is not None
        assert (tensor.grad != 0).tolist() == [True, True, True, False, False]


def test_a_slot_is_as_large_as_its_largest_tenant_along_every_axis():
    builder = GraphBuilder((4, 4, 6))
    builder.conv(builder.input, "slot", 2, (5, 1))
    tall = builder.build()
    builder = GraphBuilder((4, 4, 3))
    builder.conv(builder.input, "slot", 8, (1, 3))
    bank = WeightBank.initialized([tall, builder.build()], 0)
    assert bank.slots["slot"].weight.shape == (8, 6, 5, 3)
    assert bank.slots["slot"].shift.shape == (8,)


def test_fresh_weights_are_those_of_their_seed_whatever_the_order_of_the_graphs():
    space, rng = preset_spaces()[1], random.Random(0)
    graphs = [lower(space, space.sample(rng)) for _ in range(5)]
    first, second = WeightBank.initialized(graphs, 3).state(), WeightBank.initialized(graphs[::-1], 3).state()
    other = WeightBank.initialized(graphs, 4).state()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["stem.weight"], other["stem.weight"])


def test_fresh_weights_keep_the_variance_of_what_they_read():
    builder = GraphBuilder((4, 4, 32))
    builder.fully_connected(
        builder.global_average_pool(builder.conv(builder.input, "op", 64, (3, 3)), "p"), "f", 9
    )
    bank = WeightBank.initialized([builder.build()], 0)
    # He et al. 2015: standard deviation sqrt(2 / fan in), fan in 32 * 9 = 288; 18,432 draws.
    assert bank.slots["op"].weight.std().item() == pytest.approx(math.sqrt(2 / 288), rel=0.02)
    assert bank.slots["f"].weight.std().item() == pytest.approx(0.1 * math.sqrt(2 / 64), rel=0.1)
    assert bank.slots["f"].scale is None


def test_only_what_is_added_to_a_block_s_input_starts_with_a_small_scale():
    for block in FAMILIES.values():
        graph = network_of(block, 8)
        added = {name for op in graph.ops if op.kind is OpKind.ADD for name in op.inputs}
        # The other summand is the block's input: an activation, or a block's linear output.
        small = {op.name for op in graph.ops if op.output in added and op.name.startswith("residual")}
        bank = WeightBank.initialized([graph], 0)
        scales = {name: slot.scale[0].item() for name, slot in bank.slots.items() if slot.scale is not None}
        assert len(small) == 1
        assert scales[small.pop()] == pytest.approx(0.2)
        assert scales["stem"] == 1.0


def test_a_bank_comes_back_from_its_state_to_the_bit():
    space, rng = preset_spaces()[0], random.Random(0)
    graphs = [lower(space, space.sample(rng)) for _ in range(3)]
    bank = random_bank(graphs, 0)
    back = WeightBank.from_state(bank.state())
    assert list(back.slots) == list(bank.slots)
    for ours, theirs in zip(bank.tensors(), back.tensors(), strict=True):
        assert torch.equal(ours, theirs)
        assert theirs.requires_grad
        assert ours.data_ptr() != theirs.data_ptr()


def test_a_slice_is_the_part_that_the_reference_names():
    weight = torch.arange(4 * 3 * 5 * 5, dtype=torch.float32).reshape(4, 3, 5, 5)
    bank = WeightBank({"slot": Slot(weight, torch.arange(4.0), torch.arange(4.0) + 10)})
    slot = bank.read(WeightRef("slot", (2, 1, 3, 1)))
    assert slot.scale is not None
    assert (slot.scale.tolist(), slot.shift.tolist()) == ([0.0, 1.0], [10.0, 11.0])
    for o, row in itertools.product(range(2), range(3)):
        # Output channel o begins at o * 75; of its first 5 x 5 kernel rows 1 to 3 and column 2.
        assert slot.weight[o, 0, row, 0].item() == o * 75 + (row + 1) * 5 + 2
