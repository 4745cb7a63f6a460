from dataclasses import replace
from itertools import pairwise

import pytest
import tflite

from constraints.kernels import HOST
from nas.check.arena import predict_arena
from nas.tflite_file.read import read_model
from nas.verify.isolated import record_isolated
from tests.nas.tflite_file.foreign import (
    INT32,
    Foreign,
    ForeignOperator,
    ForeignTensor,
    Options,
    fused_options,
    shape_data,
)
from tests.nas.tflite_file.foreign_models import B, branches, classifier, with_custom_operator

SHAPE = (1, 4, 4, 8)
NO_PADS = ForeignTensor((4, 2), INT32, bytes(32), ())
IN_PLACE = shape_data(0, 1, 2, 3)
AS_IS = shape_data(*SHAPE)
CODES = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}


def chain(code: int, length: int, options: Options | None, other: ForeignTensor | None) -> bytes:
    """Operators that each read what the one before wrote; a binary one reads it twice."""
    scales, zero_point = (0.05,), 0
    if code in (B.LOGISTIC, B.TANH):
        scales, zero_point = ((1 / 256,), -128) if code == B.LOGISTIC else ((1 / 128,), 0)
    activation = ForeignTensor(SHAPE, scales=scales, zero_point=zero_point)
    tensors = [activation, other or activation, *[activation] * length]
    places = [0, *range(2, length + 2)]
    binary = code in (B.MUL, B.SUB, B.MAXIMUM, B.MINIMUM)
    operators = [
        ForeignOperator(code, _reads(before, binary=binary, other=other), (after,), options)
        for before, after in pairwise(places)
    ]
    return Foreign(tensors, operators).write()


def _reads(before: int, *, binary: bool, other: ForeignTensor | None) -> tuple[int, ...]:
    if binary:
        return before, before
    return (before,) if other is None else (before, 1)


CHAINS: dict[str, tuple[int, Options | None, ForeignTensor | None]] = {
    "relu": (B.RELU, None, None),
    "relu6": (B.RELU6, None, None),
    "logistic": (B.LOGISTIC, None, None),
    "tanh": (B.TANH, None, None),
    "hard swish": (B.HARD_SWISH, fused_options("HardSwishOptions"), None),
    "leaky relu": (B.LEAKY_RELU, fused_options("LeakyReluOptions"), None),
    "pad": (B.PAD, fused_options("PadOptions"), NO_PADS),
    "mul": (B.MUL, fused_options("MulOptions"), None),
    "sub": (B.SUB, fused_options("SubOptions"), None),
    "maximum": (B.MAXIMUM, fused_options("MaximumMinimumOptions"), None),
    "minimum": (B.MINIMUM, fused_options("MaximumMinimumOptions"), None),
    "quantize": (B.QUANTIZE, fused_options("QuantizeOptions"), None),
    "transpose": (B.TRANSPOSE, fused_options("TransposeOptions"), IN_PLACE),
    "reshape": (B.RESHAPE, None, AS_IS),
}


@pytest.mark.parametrize("length", [1, 4])
@pytest.mark.parametrize("name", CHAINS)
def test_the_arena_of_an_operator_outside_of_our_set_is_predicted_to_the_byte(name: str, length: int):
    pytest.importorskip("tflite_micro")
    code, options, other = CHAINS[name]
    data = chain(code, length, options, other)
    predicted, recorded = predict_arena(read_model(data)), record_isolated(data)
    assert (predicted.head_bytes, predicted.tail_bytes) == (recorded.head_bytes, recorded.tail_bytes)


@pytest.mark.parametrize("model", [classifier(), branches()], ids=["classifier", "branches"])
def test_the_arena_of_a_foreign_model_is_predicted_to_the_byte(model: Foreign):
    pytest.importorskip("tflite_micro")
    predicted, recorded = predict_arena(read_model(model.write())), record_isolated(model.write())
    assert predicted.total_bytes == recorded.total_bytes


def test_a_custom_operator_leaves_the_tail_unknown_and_says_so():
    predicted = predict_arena(read_model(with_custom_operator().write()))
    assert predicted.tail_bytes is None
    assert predicted.total_bytes is None
    assert "NoSuchOperator" in predicted.why


def test_variables_leave_the_tail_unknown():
    state = ForeignTensor((1, 3), INT32, is_variable=True)
    data = replace(branches(), tensors=[*branches().tensors, state], outputs=(7,)).write()
    assert "variables" in predict_arena(read_model(data)).why


def test_pointers_of_four_bytes_need_less():
    model = read_model(classifier().write())
    device = predict_arena(model, replace(HOST, pointer_bytes=4))
    host = predict_arena(model, HOST)
    assert device.head_bytes == host.head_bytes
    assert device.tail_bytes is not None
    assert host.tail_bytes is not None
    assert device.tail_bytes < 0.75 * host.tail_bytes
