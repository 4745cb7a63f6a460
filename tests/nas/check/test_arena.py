from dataclasses import replace

import pytest

from constraints.kernels import HOST
from nas.check.arena import predict_arena
from nas.tflite_file.read import read_model
from nas.verify.isolated import record_isolated
from tests.nas.tflite_file.foreign import INT32, Foreign, ForeignTensor
from tests.nas.tflite_file.foreign_models import branches, classifier, with_custom_operator
from tests.nas.tflite_file.one_op_files import ONE_OP_FILES, file_of


@pytest.mark.parametrize("name", ONE_OP_FILES)
def test_the_arena_of_an_operator_outside_of_our_set_is_predicted_to_the_byte(name: str):
    data = file_of(name, ONE_OP_FILES[name])
    predicted, recorded = predict_arena(read_model(data)), record_isolated(data)
    assert (predicted.head_bytes, predicted.tail_bytes) == (recorded.head_bytes, recorded.tail_bytes)
    assert predicted.unknown == ()


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
