from nas.export.tflite import write_tflite
from nas.tflite_file.constant_channels import live_geometries
from nas.tflite_file.read import read_model
from tests.nas.tflite_file.zero_channels import network, with_zeros


def test_a_file_without_constant_channels_keeps_its_geometries():
    data = write_tflite(network())
    model = read_model(data)
    assert live_geometries(model, data) == tuple(op.geometry for op in model.operators)


def test_a_constant_channel_is_left_out_as_far_as_the_next_convolution():
    data = write_tflite(with_zeros(network(), "first", [1, 4]))
    first, dw, second, pool, head = (
        one for one in live_geometries(read_model(data), data) if one is not None
    )
    assert (first.input, first.output) == ((8, 6, 4), (8, 6, 4))
    assert (dw.input, dw.output, dw.kernel) == ((8, 6, 4), (4, 3, 4), (3, 3))
    assert (second.input, second.output) == ((4, 3, 4), (4, 3, 5))
    assert (pool.input, head.input) == ((4, 3, 5), (1, 1, 5))
