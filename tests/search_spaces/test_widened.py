import pytest
import torch

from nas.networks.execute import run_graph
from nas.networks.weight_bank import BatchNormed, WeightBank
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation
from search_spaces.widened import widened
from studies.control_networks import depthwise_network, residual_network
from tests.graphs import random_network_graph


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_it_is_the_network_that_is_built_with_so_many_channels(factor: int):
    narrow = residual_network((28, 28, 1), 10)
    assert widened(narrow, factor) == residual_network((28, 28, 1), 10, factor)


@pytest.mark.parametrize("seed", range(8))
def test_widened_networks_run_from_the_same_images_to_as_many_classes(seed: int):
    narrow = random_network_graph(seed)
    wide = widened(narrow, 2)
    height, width, channels = narrow.input.shape
    images = torch.randn(2, channels, height, width)
    logits = run_graph(wide, images, BatchNormed(WeightBank.initialized([wide], 0)))
    assert logits.shape == (2, narrow.output.size_bytes)
    assert widened(wide, 3) == widened(narrow, 6)


def test_depthwise_convolutions_keep_one_filter_a_channel():
    wide = widened(depthwise_network((28, 28, 1), 10), 2)
    shapes = {op.name: op.weight.shape for op in wide.ops if op.weight}
    assert shapes["stem"] == (48, 1, 3, 3)
    assert shapes["block0.inverted.depthwise"] == (192, 1, 3, 3)


def test_what_is_tied_to_the_input_or_to_the_classes_stays():
    builder = GraphBuilder((8, 8, 3))
    first = builder.depthwise(builder.input, "first", (3, 3))
    both = builder.add(builder.input, first, "both", Activation.RELU)
    x = builder.conv(both, "middle", 5)
    builder.global_average_pool(builder.conv(x, "classes", 10), "pool")
    wide = widened(builder.build(), 4)
    channels = {name: tensor.shape[2] for name, tensor in wide.tensors.items()}
    assert channels == {"input": 3, "first:0": 3, "both:0": 3, "middle:0": 20, "classes:0": 10, "pool:0": 10}
