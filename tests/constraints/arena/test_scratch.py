import pytest

from constraints.arena.scratch import scratch_bytes, weight_sums_bytes
from constraints.geometry import Geometry
from constraints.kernels import Instructions, KernelLibrary, Kernels
from search_spaces.graph import OpKind

# What CMSIS-NN's own functions answered for cores without vector instructions, with DSP and with MVE: those
# in the executorch 1.5.1 wheel, which studies/check_scratch.py asks about any number of random geometries.
ANSWERED = [
    (Geometry(OpKind.CONV, (32, 32, 3), (16, 16, 16), (3, 3), (2, 2), (0, 0)), (112, 112, 128)),
    (Geometry(OpKind.CONV, (8, 8, 16), (8, 8, 5), (1, 1), (1, 1), (0, 0)), (0, 0, 0)),
    (Geometry(OpKind.CONV, (8, 8, 16), (4, 4, 5), (1, 1), (2, 2), (0, 0)), (0, 0, 0)),
    (Geometry(OpKind.CONV, (9, 9, 4), (9, 9, 4), (1, 1), (1, 1), (0, 0), (2, 2)), (16, 16, 64)),
    (Geometry(OpKind.CONV, (9, 9, 4), (5, 5, 4), (3, 3), (1, 1), (0, 0), (2, 2)), (144, 144, 192)),
    (Geometry(OpKind.CONV, (8, 8, 5), (8, 8, 7), (3, 3), (1, 1), (1, 1)), (192, 192, 192)),
    (Geometry(OpKind.CONV, (49, 10, 1), (25, 5, 64), (10, 4), (2, 2), (4, 1)), (160, 160, 192)),
    (Geometry(OpKind.CONV, (1, 8, 4), (1, 8, 7), (1, 3), (1, 1), (0, 1)), (48, 48, 16)),
    (Geometry(OpKind.CONV, (1, 8, 5), (1, 8, 7), (1, 3), (1, 1), (0, 1)), (64, 64, 64)),
    (Geometry(OpKind.CONV, (1, 16, 8), (1, 8, 4), (1, 4), (1, 2), (0, 1)), (128, 128, 40)),
    (Geometry(OpKind.CONV, (1, 2, 4), (1, 2, 4), (1, 7), (1, 1), (0, 3)), (112, 112, 128)),
    (Geometry(OpKind.CONV, (8, 8, 4), (8, 8, 7), (1, 3), (1, 1), (0, 1)), (48, 48, 64)),
    (Geometry(OpKind.CONV, (1, 9, 4), (1, 7, 8), (1, 3), (1, 1), (0, 0)), (48, 48, 12)),
    (Geometry(OpKind.CONV, (7, 7, 33), (7, 7, 9), (5, 5), (1, 1), (2, 2)), (3312, 3312, 3328)),
    (Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 5), (8, 8, 5), (3, 3), (1, 1), (1, 1)), (0, 0, 4464)),
    (Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 5), (8, 8, 5), (5, 5), (1, 1), (2, 2)), (0, 250, 12400)),
    (Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 5), (8, 8, 10), (5, 5), (1, 1), (2, 2)), (0, 0, 0)),
    (Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 1), (8, 8, 8), (5, 5), (1, 1), (2, 2)), (0, 0, 328)),
    (Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 1), (8, 8, 1), (5, 5), (1, 1), (2, 2)), (0, 50, 12400)),
    (Geometry(OpKind.DEPTHWISE_CONV, (9, 9, 4), (5, 5, 4), (3, 3), (1, 1), (0, 0), (2, 2)), (0, 0, 0)),
    (Geometry(OpKind.DEPTHWISE_CONV, (96, 96, 8), (48, 48, 8), (3, 3), (2, 2), (0, 0)), (0, 0, 4464)),
    (Geometry(OpKind.DEPTHWISE_CONV, (9, 9, 200), (9, 9, 200), (7, 7), (1, 1), (3, 3)), (0, 19600, 24304)),
    (Geometry(OpKind.AVERAGE_POOL, (8, 8, 64), (1, 1, 64), (8, 8), (8, 8)), (0, 256, 0)),
    (Geometry(OpKind.GLOBAL_AVERAGE_POOL, (8, 8, 64), (1, 1, 64), (8, 8), (8, 8)), (0, 256, 0)),
    (Geometry(OpKind.AVERAGE_POOL, (9, 9, 3), (4, 4, 3), (2, 2), (2, 2)), (0, 12, 0)),
]
KEPT = [
    (Geometry(OpKind.FULLY_CONNECTED, (1, 1, 64), (1, 1, 10)), (0, 0, 40)),
    (Geometry(OpKind.FULLY_CONNECTED, (1, 1, 7), (1, 1, 250)), (0, 0, 1000)),
]


def cmsis(instructions: Instructions) -> Kernels:
    return Kernels(KernelLibrary.CMSIS_NN, instructions, pointer_bytes=4)


@pytest.mark.parametrize(("geometry", "answered"), ANSWERED)
def test_scratch_memory_is_what_cmsis_nn_answers(geometry: Geometry, answered: tuple[int, ...]):
    asked = [scratch_bytes(geometry, cmsis(kind)) for kind in Instructions]
    assert asked == [(size,) if size else () for size in answered]


@pytest.mark.parametrize(("geometry", "answered"), KEPT)
def test_sums_of_weights_are_kept_as_cmsis_nn_answers_and_not_asked_of_the_head(
    geometry: Geometry, answered: tuple[int, ...]
):
    assert tuple(weight_sums_bytes(geometry, cmsis(kind)) for kind in Instructions) == answered
    assert all(scratch_bytes(geometry, cmsis(kind)) == () for kind in Instructions)


def test_a_3x3_convolution_holds_two_columns_of_int16():
    # 3 x 3 x 3 = 27 bytes a column, filled up to 28; two of them, two bytes each: 28 x 2 x 2.
    geometry = Geometry(OpKind.CONV, (32, 32, 3), (16, 16, 16), (3, 3), (2, 2), (0, 0))
    assert scratch_bytes(geometry, cmsis(Instructions.DSP)) == (112,)


def test_only_an_average_pool_among_pools_asks():
    pool = Geometry(OpKind.MAX_POOL, (8, 8, 64), (4, 4, 64), (2, 2), (2, 2))
    assert all(scratch_bytes(pool, cmsis(kind)) == () for kind in Instructions)


@pytest.mark.parametrize("library", [KernelLibrary.REFERENCE, KernelLibrary.OTHER])
@pytest.mark.parametrize(("geometry", "answered"), ANSWERED[:1] + KEPT)
def test_other_libraries_ask_for_none(library: KernelLibrary, geometry: Geometry, answered: tuple[int, ...]):
    assert any(answered)
    kernels = Kernels(library, Instructions.MVE, 4)
    assert scratch_bytes(geometry, kernels) == ()
    assert weight_sums_bytes(geometry, kernels) == 0
