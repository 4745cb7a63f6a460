from itertools import accumulate, pairwise

import pytest

from constraints.arena.foreign_tails import foreign_op_tail, foreign_scratch_bytes
from constraints.arena.kernel_tails import OpTail, WeightScales, op_tail
from constraints.arena.tail import NetworkParts, combine, parts_of, tail_bytes
from constraints.arena.tflm_structs import DEVICE_STRUCTS, HOST_STRUCTS, structs_of
from constraints.geometry import Geometry
from constraints.kernels import HOST, Instructions, KernelLibrary, Kernels
from search_spaces.builder import GraphBuilder
from search_spaces.graph import Graph, OpKind
from tests.graphs import random_network_graph, single_op_graphs

DEVICE = Kernels(pointer_bytes=4)
POINTWISE = Geometry(OpKind.CONV, (5, 6, 7), (5, 6, 9))


def cmsis(instructions: Instructions) -> Kernels:
    return Kernels(KernelLibrary.CMSIS_NN, instructions, pointer_bytes=4)


def test_the_tail_of_one_convolution_on_a_host_is_the_sum_of_its_structs():
    # 104 + 72 + 272 + 16 + 24 = 488; 4 tensors of 24: 584; a node of 64: 648; options of 28: 676; data of 80:
    # 756, to 768; 9 multipliers of 4 bytes are 36, to 48, and as many shifts: 864; for the input and the
    # output 16 + 64 + 24 + 8 = 112 each: 1088.
    assert tail_bytes(single_op_graphs()["pointwise"]) == 1088


def test_the_tail_of_one_convolution_on_a_device_is_the_sum_of_its_structs():
    # 36 + 44 + 36 + 8 + 8 = 132; 4 tensors of 12: 180; a node of 32: 212; options of 28: 240; data of 56:
    # 296, to 304; 2 x 48: 400; a pointer: 404, to 416, and 40 + 12 + 8: 476; a pointer: 480, and 60: 540.
    assert tail_bytes(single_op_graphs()["pointwise"], pointer_bytes=4) == 540


def test_cmsis_nn_keeps_a_handle_for_every_scratch_buffer():
    # As above up to 400, but that a convolution's data are 60 bytes: 240 + 60 = 300, to 304 all the same; a
    # handle of 4 bytes: 404; a pointer: 408, to 416; the rest as above. With 4 handles 416: a
    # pointer, to 432.
    conv = op_tail(POINTWISE, cmsis(Instructions.DSP), scratch_buffers=1)
    more = op_tail(POINTWISE, cmsis(Instructions.DSP), scratch_buffers=4)
    totals = [combine(NetworkParts((op,), 4, 2), cmsis(Instructions.DSP)).total for op in (conv, more)]
    assert totals == [540, 556]


def test_cmsis_nn_keeps_the_weights_sums_of_a_fully_connected_op_on_mve():
    layer = Geometry(OpKind.FULLY_CONNECTED, (1, 1, 8), (1, 1, 10))
    # 10 sums of 4 bytes, to 48.
    kept = {kind: op_tail(layer, cmsis(kind)).channels for kind in Instructions}
    assert kept == {Instructions.SCALAR: 0, Instructions.DSP: 0, Instructions.MVE: 48}


def test_a_fully_connected_op_quantized_per_channel_keeps_two_numbers_a_channel():
    layer = Geometry(OpKind.FULLY_CONNECTED, (1, 1, 8), (1, 1, 10))
    assert op_tail(layer, HOST, WeightScales(10, 10)).channels == 2 * 48
    assert op_tail(layer, HOST).channels == 0


def test_preparing_a_convolution_looks_at_its_weights_twice():
    # 4 x (64 + 24 + 8); weights 64 + 24 + 4 + 9 x 4 = 128, twice; the bias, without quantization, 64.
    assert op_tail(POINTWISE, HOST).temporary == 4 * 96 + 2 * 128 + 64
    # 4 x (40 + 12 + 8); 40 + 12 + 4 + 36 = 92, twice; 40.
    assert op_tail(POINTWISE, DEVICE).temporary == 4 * 60 + 2 * 92 + 40


@pytest.mark.parametrize("seed", range(20))
def test_a_device_keeps_less_than_a_host(seed: int):
    graph = random_network_graph(seed)
    assert tail_bytes(graph, 4) < tail_bytes(graph, 8)


def test_an_op_more_never_makes_the_tail_smaller():
    def chain(ops: int) -> Graph:
        builder = GraphBuilder((4, 4, 3))
        made = builder.input
        for number in range(ops):
            made = builder.conv(made, f"op{number}", 5)
        return builder.build()

    sizes = [tail_bytes(chain(ops), 4) for ops in range(1, 9)]
    # 36 for 3 tensors, 32, 28, 64 for the data and 2 x 32 for 5 channels.
    each = 36 + 32 + 28 + 64 + 64
    assert all(abs(after - before - each) <= 16 for before, after in pairwise(sizes))


def test_pointers_of_another_size_are_refused():
    with pytest.raises(
        ValueError, match="pointers must have 4 or 8 bytes, got 2: give that of the target's core"
    ):
        structs_of(Kernels(pointer_bytes=2))


@pytest.mark.parametrize("seed", range(20))
def test_what_ops_keep_once_prepared_adds_up(seed: int):
    kernels = cmsis(Instructions.DSP)
    parts = parts_of(random_network_graph(seed), kernels)
    tail = combine(parts, kernels)
    assert tail.prepared == tuple(accumulate((op.channels for op in parts.ops), initial=tail.loaded))[1:]
    handles = 4 * sum(op.scratch_buffers for op in parts.ops)
    assert tail.prepared[-1] + handles + 2 * 64 <= tail.total <= tail.prepared[-1] + handles + 2 * (64 + 16)


def test_a_device_s_structs_are_those_that_a_firmware_printed():
    # Realtek's Ameba SDK, README of its MNIST example, on a 32-bit core: 17 tensors in 204 bytes, 7 nodes in
    # 224, the quantization of 2 tensors, with one zero point each, in 40. The 2 tensors take 64, as its
    # enumerations are short; with those of 4 bytes, 80.
    structs = DEVICE_STRUCTS
    assert (17 * structs.eval_tensor, 7 * structs.node, 2 * (structs.quantization + 8)) == (204, 224, 40)
    assert 64 <= 2 * structs.tensor == 80


def test_a_device_carries_neither_recordings_nor_compression():
    assert HOST_STRUCTS.interpreter == 104 + 72 + 272 + 16 + 24
    assert DEVICE_STRUCTS.interpreter == 36 + 44 + 36 + 8 + 8


def test_an_op_that_is_not_known_has_no_tail():
    assert foreign_op_tail("LSTM", 3, HOST) is None
    assert foreign_scratch_bytes("LSTM", 3) == ()


def test_a_reshape_keeps_its_options_alone():
    # 8 extents and their number, 4 bytes each; preparing it looks at 3 tensors, at most twice.
    assert foreign_op_tail("RESHAPE", 3, DEVICE) == OpTail(36, 4, 0, 0, 6 * 60)


def test_a_mean_asks_for_sums_and_axes():
    assert foreign_scratch_bytes("MEAN", 100) == (400, 16, 16)
    assert foreign_scratch_bytes("REDUCE_MAX", 100, input_axes=3) == (12, 16)
    assert foreign_scratch_bytes("SOFTMAX", 100) == ()
