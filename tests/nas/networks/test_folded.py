import pytest
import torch
from torch import nn

from nas.networks.folded import fold
from nas.networks.weight_bank import BatchNormed
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Activation, Graph
from tests.nas.networks.banks import random_bank
from tests.nas.networks.standalone import Standalone


def residual_graph() -> Graph:
    builder = GraphBuilder((8, 6, 3))
    x = builder.conv(builder.input, "stem", 5, (3, 3))
    y = builder.depthwise(x, "deep", (3, 3))
    y = builder.conv(y, "point", 5, activation=Activation.NONE)
    x = builder.add(x, y, "sum", Activation.RELU)
    x = builder.average_pool(x, "pool", (2, 2))
    builder.fully_connected(builder.global_average_pool(x, "mean"), "head", 4)
    return builder.build()


def batches(count: int, size: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(size, 3, 8, 6, generator=generator, dtype=torch.float64) for _ in range(count)]


def test_a_folded_network_equals_one_with_batch_norm_that_keeps_the_averaged_statistics():
    graph = residual_graph()
    bank = random_bank([graph], 0, torch.float64)
    network, seen = Standalone(graph, bank), batches(5, 16)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    sums = [(torch.zeros_like(norm.bias), torch.zeros_like(norm.bias)) for norm in norms]

    def take_statistics(place: int):
        def take(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            values = inputs[0].transpose(0, 1).flatten(1)
            sums[place][0].add_(values.mean(1))
            sums[place][1].add_((values - values.mean(1, keepdim=True)).square().mean(1))

        return take

    with torch.no_grad():
        hooks = [norm.register_forward_pre_hook(take_statistics(place)) for place, norm in enumerate(norms)]
        for batch in seen:
            network(batch)
        for hook in hooks:
            hook.remove()
        for norm, (mean, variance) in zip(norms, sums, strict=True):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_(mean / len(seen))
            norm.running_var.copy_(variance / len(seen))
        expected = network.eval()(batches(6, 16)[-1])
    folded = fold(graph, bank, seen)
    torch.testing.assert_close(folded(batches(6, 16)[-1]), expected.flatten(1), rtol=0, atol=1e-10)


def test_over_one_batch_the_folded_network_equals_the_training_one_on_that_batch():
    graph = residual_graph()
    bank = random_bank([graph], 1, torch.float64)
    (batch,) = batches(1, 16)
    network = Standalone(graph, bank).train()
    torch.testing.assert_close(fold(graph, bank, [batch])(batch), network(batch), rtol=0, atol=1e-10)


def test_folding_moves_nothing_in_the_bank_and_shares_no_memory_with_it():
    graph = residual_graph()
    bank = random_bank([graph], 2, torch.float64)
    before = {name: tensor.clone() for name, tensor in bank.state().items()}
    folded = fold(graph, bank, batches(2, 8))
    for tensor in folded.parameters():
        assert not tensor.requires_grad
        tensor.add_(1.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in bank.state().items())


def test_statistics_are_of_the_sub_network_and_not_of_the_slot():
    graph = residual_graph()
    bank = random_bank([graph], 3, torch.float64)
    statistics: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    compute = BatchNormed(bank, statistics)
    (batch,) = batches(1, 16)
    op = graph.ops[0]
    compute(op, batch)
    convolved = nn.functional.conv2d(batch, bank.slots["stem"].weight, padding=1)
    mean, variance = statistics["stem"]
    torch.testing.assert_close(mean, convolved.mean((0, 2, 3)), rtol=0, atol=1e-12)
    torch.testing.assert_close(variance, convolved.var((0, 2, 3), unbiased=False), rtol=0, atol=1e-12)


@pytest.mark.parametrize("count", [1, 3])
def test_a_layer_without_batch_norm_keeps_its_weight_and_its_bias(count: int):
    graph = residual_graph()
    bank = random_bank([graph], 4, torch.float64)
    weight, bias = fold(graph, bank, batches(count, 8)).weights["head"]
    assert torch.equal(weight, bank.slots["head"].weight)
    assert torch.equal(bias, bank.slots["head"].shift)
