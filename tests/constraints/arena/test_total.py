import pytest

from constraints.arena.kernel_tails import OpTail
from constraints.arena.tail import NetworkParts, combine, parts_of
from constraints.arena.total import arena_bytes, needed_bytes
from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from tests.graphs import random_network_graph, single_op_graphs

DEVICE = Kernels(pointer_bytes=4)


def test_a_small_network_needs_most_while_it_is_prepared():
    # The tail of 864 before its input and output (test_tail), 12 requests of 16: 1056; the convolution's
    # tensors, 384 + 256 + 64: 1760. Running needs 1088 + 496, planning 864 + 336 + 80.
    assert arena_bytes(single_op_graphs()["pointwise"], 496) == 1760


def test_a_network_with_a_large_head_needs_most_while_it_runs():
    assert arena_bytes(single_op_graphs()["pointwise"], 4096) == 4096 + 1088


def test_a_device_needs_less_to_prepare_as_well():
    # 400 + 12 x 12 + 240 + 184 + 40 = 1008.
    assert arena_bytes(single_op_graphs()["pointwise"], 0, pointer_bytes=4) == 1008


def test_many_tensors_need_most_while_they_are_planned():
    # Ops without data: 488 + 24 x 21 + 64 x 20 = 2272; requests of 192 and an offset of 8: 200; 21 structs of
    # 32: 872, to 880; 40 for each of 21 buffers: 840; in all 3992, to 4000.
    parts = NetworkParts(tuple(OpTail(0, 4, 0, 0, 0) for _ in range(20)), 21, 21)
    assert needed_bytes(parts, 0, HOST) == 2272 + 880 + 840 + 8


def test_scratch_buffers_are_requested_planned_and_kept():
    kernels = Kernels(KernelLibrary.CMSIS_NN, Instructions.DSP, 4)
    # 132 + 12 x 21 + 32 x 20 = 1024; 20 handles of 4: 1104. 32 requests of 12 and an offset of 4: 388; 41
    # structs of 24: 1372, to 1376; 40 for each of 41 buffers: 1640; in all 4120, to 4128.
    parts = NetworkParts(tuple(OpTail(0, 4, 0, 0, 0, 1) for _ in range(20)), 21, 21)
    assert needed_bytes(parts, 0, kernels) == 1104 + 1376 + 1640 + 8


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kernels", [HOST, DEVICE])
def test_the_arena_holds_head_and_tail_and_is_a_multiple_of_16(seed: int, kernels: Kernels):
    graph = random_network_graph(seed)
    parts = parts_of(graph, kernels)
    needed = needed_bytes(parts, 1008, kernels)
    assert needed >= 1008 + combine(parts, kernels).total
    assert needed % 16 == 0
    assert needed == arena_bytes(graph, 1008, kernels.pointer_bytes)
