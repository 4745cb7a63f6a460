from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.arena.overlap import gaps
from constraints.geometry import Geometry, geometry_of
from constraints.kernels import HOST, KernelLibrary, Kernels
from search_spaces.graph import OpKind, same_padding
from tests.graphs import single_op_graphs
from tests.kernel_order import spoils

WINDOWED = (OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.MAX_POOL, OpKind.AVERAGE_POOL)


def least_distance(geometry: Geometry) -> int:
    """The least distance, not below 0, above which nothing is spoilt, by trying all from the largest down."""
    distance = geometry.output_bytes
    assert not spoils(geometry, distance)
    while distance > 0 and not spoils(geometry, distance - 1):
        distance -= 1
    return distance


@st.composite
def windowed(draw: st.DrawFn) -> Geometry:
    """A convolution or pool over a small map: SAME or VALID, any stride, dilated or not."""
    kind = draw(st.sampled_from(WINDOWED))
    height, width, channels = (draw(st.integers(1, most)) for most in (7, 6, 3))
    kernel = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    dilation = (1, 1)
    if kind in WINDOWED[:2] and stride == (1, 1):
        dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    reach = (kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1
    same = draw(st.booleans()) or reach[0] > height or reach[1] > width
    if same:
        out = -(-height // stride[0]), -(-width // stride[1])
        padding = same_padding(height, reach[0], stride[0])[0], same_padding(width, reach[1], stride[1])[0]
    else:
        out = (height - reach[0]) // stride[0] + 1, (width - reach[1]) // stride[1] + 1
        padding = (0, 0)
    written = channels
    if kind is OpKind.CONV:
        written = draw(st.integers(1, 6))
    elif kind is OpKind.DEPTHWISE_CONV:
        written = channels * draw(st.integers(1, 3))
    return Geometry(kind, (height, width, channels), (*out, written), kernel, stride, padding, dilation)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(windowed())
def test_a_gap_is_the_least_distance_at_which_no_byte_is_lost(geometry: Geometry):
    assert gaps(geometry, HOST) == (least_distance(geometry),)


@pytest.mark.parametrize("name", single_op_graphs())
def test_the_gap_of_each_op_is_the_least_safe_distance(name: str):
    graph = single_op_graphs()[name]
    for op in graph.ops:
        geometry = geometry_of(graph, op)
        assert set(gaps(geometry, HOST)) == {least_distance(geometry)}


def test_an_addition_may_write_over_either_summand():
    shape = (3, 3, 4)
    assert gaps(Geometry(OpKind.ADD, shape, shape, inputs=2), HOST) == (0, 0)


def test_a_pointwise_convolution_must_stay_one_pixel_behind():
    # The last but one channel of the first pixel is written while the last one has yet to read that pixel.
    pointwise = Geometry(OpKind.CONV, (8, 8, 16), (8, 8, 16))
    assert gaps(pointwise, HOST) == (15,)


def test_an_expanding_convolution_reads_its_input_at_the_end_of_its_output():
    # 64 pixels of 16 B are read while 64 of 32 B are written. At the last pixel but one byte written, 63 x 32
    # + 31 bytes, the pixel at 63 x 16 is read once more: 2047 - 1008.
    expand = Geometry(OpKind.CONV, (8, 8, 16), (8, 8, 32))
    assert gaps(expand, HOST) == (1039,)


def test_a_depthwise_convolution_with_stride_works_in_place():
    strided = Geometry(OpKind.DEPTHWISE_CONV, (8, 8, 16), (4, 4, 16), (3, 3), (2, 2))
    assert gaps(strided, HOST) == (0,)


@pytest.mark.parametrize("library", [KernelLibrary.CMSIS_NN, KernelLibrary.OTHER])
def test_kernels_of_unknown_order_keep_everything_apart(library: KernelLibrary):
    shape = (3, 3, 4)
    kernels = replace(Kernels(), library=library)
    assert gaps(Geometry(OpKind.ADD, shape, shape, inputs=2), kernels) == (None, None)
