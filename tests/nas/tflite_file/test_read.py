from dataclasses import replace

import numpy as np
import pytest

from constraints.geometry import Geometry, geometry_of
from nas.export.tflite import write_tflite
from nas.tflite_file.model import FileModel, Role
from nas.tflite_file.read import read_model
from search_spaces.graph import Graph, OpKind
from studies.untrained import random_network
from tests.graphs import branching_graph, random_network_graph, single_op_graphs
from tests.nas.tflite_file.foreign import (
    FLOAT32,
    INT32,
    VALID,
    Foreign,
    ForeignOperator,
    ForeignTensor,
    biases,
    conv_options,
    fused_options,
    pool_options,
    weights,
)
from tests.nas.tflite_file.foreign_models import B, branches, classifier, with_custom_operator


def written(graph: Graph) -> bytes:
    return write_tflite(random_network(graph, 0))


def in_the_words_of_a_file(geometry: Geometry) -> Geometry:
    """A file has one word for both average pools: a small map may be averaged by either."""
    whole = geometry.kind is OpKind.GLOBAL_AVERAGE_POOL
    return replace(geometry, kind=OpKind.AVERAGE_POOL) if whole else geometry


@pytest.mark.parametrize("name", single_op_graphs())
def test_a_written_op_is_read_with_the_geometry_that_it_was_written_from(name: str):
    graph = single_op_graphs()[name]
    model = read_model(written(graph))
    assert [op.geometry for op in model.operators] == [geometry_of(graph, op) for op in graph.ops]


@pytest.mark.parametrize("seed", range(6))
def test_a_written_network_is_read_with_all_its_geometries_shapes_and_scales(seed: int):
    graph = random_network_graph(seed)
    network = random_network(graph, seed)
    model = read_model(write_tflite(network))
    for op, original in zip(model.operators, graph.ops, strict=True):
        assert op.geometry is not None
        assert in_the_words_of_a_file(op.geometry) == in_the_words_of_a_file(geometry_of(graph, original))
    last = model.activations_written(model.operators[-1])[0]
    quantization = network.activations[graph.output.name]
    assert last.shape == (1, graph.output.size_bytes)
    assert last.scales == (np.float32(quantization.scale),)
    assert last.zero_points == (quantization.zero_point,)


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_of_a_file_add_up_to_it_and_hold_every_weight_and_bias(seed: int):
    graph = random_network_graph(seed)
    data = written(graph)
    parts = read_model(data).parts
    owned = [op.weight for op in graph.ops if op.weight is not None]
    assert parts.total == len(data)
    assert parts.weights == sum(weight.count for weight in owned)
    assert parts.biases == sum(4 * weight.shape[0] for weight in owned)
    # At least a scale of 4 bytes an output channel.
    assert parts.quantization > 4 * sum(weight.shape[0] for weight in owned if len(weight.shape) == 4)
    assert parts.structure > 0


def test_constants_and_activations_are_told_apart():
    model = read_model(branches().write())
    assert [tensor.role for tensor in model.tensors] == [
        Role.ACTIVATION,
        *[Role.CONSTANT] * 2,
        *[Role.ACTIVATION] * 2,
        Role.CONSTANT,
        *[Role.ACTIVATION] * 2,
    ]
    add, product = model.operators[2:]
    assert [tensor.name for tensor in model.activations_read(add)] == ["right", "left"]
    assert [tensor.name for tensor in model.activations_read(product)] == ["sum"]


def test_a_foreign_classifier_is_read_operator_by_operator():
    model = read_model(classifier().write())
    codes = ["CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    assert [op.code for op in model.operators] == codes
    conv, depthwise, pool, reshape, dense, softmax = (op.geometry for op in model.operators)
    # 21 = 9 x 2 + 3: ten places without padding.
    assert conv == Geometry(OpKind.CONV, (21, 21, 3), (10, 10, 8), (3, 3), (2, 2))
    # SAME at stride 2 over 10: 4 x 2 + 3 - 10 = 1 zero, which comes after.
    assert depthwise == Geometry(OpKind.DEPTHWISE_CONV, (10, 10, 8), (5, 5, 8), (3, 3), (2, 2), (0, 0))
    assert pool == Geometry(OpKind.GLOBAL_AVERAGE_POOL, (5, 5, 8), (1, 1, 8), (5, 5), (5, 5))
    assert dense == Geometry(OpKind.FULLY_CONNECTED, (1, 1, 8), (1, 1, 5))
    assert reshape is None
    assert softmax is None


def test_a_dilated_window_is_padded_by_its_reach():
    geometry = read_model(branches().write()).operators[0].geometry
    # Two rows apart, three rows reach over five: two zeros on each side.
    assert geometry == Geometry(OpKind.CONV, (6, 6, 4), (6, 6, 4), (3, 3), (1, 1), (2, 2), (2, 2))


def test_a_custom_operator_is_read_and_named():
    model = read_model(with_custom_operator().write())
    assert model.custom_codes == ("NoSuchOperator",)
    assert model.operators[1].geometry is None
    assert model.operators[1].name == "1 NoSuchOperator"


def test_names_are_unique_even_where_the_file_repeats_or_omits_them():
    foreign = branches()
    tensors = [
        replace(tensor, name="same" if index < 3 else "") for index, tensor in enumerate(foreign.tensors)
    ]
    names = [tensor.name for tensor in read_model(replace(foreign, tensors=tensors).write()).tensors]
    assert len(set(names)) == len(names)
    assert names[:4] == ["same #0", "same #1", "same #2", "#3"]


def test_names_that_would_garble_a_terminal_are_made_harmless():
    foreign = with_custom_operator()
    tensors = [replace(foreign.tensors[0], name="\x1b[2J\n" + "long" * 50), *foreign.tensors[1:]]
    name = read_model(replace(foreign, tensors=tensors).write()).tensors[0].name
    assert name.startswith("?[2J?long")
    assert len(name) <= 60


def test_an_open_batch_is_the_one_of_the_shape():
    foreign = branches()
    first = replace(foreign.tensors[0], signature=(-1, 6, 6, 4))
    model = read_model(replace(foreign, tensors=[first, *foreign.tensors[1:]]).write())
    assert model.tensors[0].shape == (1, 6, 6, 4)


def test_a_plan_in_the_file_is_read():
    plan = (0, -1, -1, 160, 320, -1, 480, 640)
    assert read_model(replace(branches(), plan=plan).write()).offline_plan == plan


def test_a_file_without_a_plan_has_none():
    assert read_model(branches().write()).offline_plan is None


def test_adding_a_tensor_to_itself_reads_it_twice():
    tensors = [ForeignTensor((1, 4, 4, 2)), ForeignTensor((1, 4, 4, 2))]
    add = ForeignOperator(B.ADD, (0, 0), (1,), fused_options("AddOptions"))
    model = read_model(Foreign(tensors, [add]).write())
    assert len(model.activations_read(model.operators[0])) == 2


def geometry_of_add(first: ForeignTensor, second: ForeignTensor) -> Geometry | None:
    add = ForeignOperator(B.ADD, (0, 1), (2,), fused_options("AddOptions"))
    inputs = (0,) if second.data is not None else (0, 1)
    model: FileModel = read_model(
        Foreign([first, second, ForeignTensor((1, 4, 4, 2))], [add], inputs).write()
    )
    return model.operators[0].geometry


def test_additions_that_a_geometry_cannot_say_have_none():
    whole, one = ForeignTensor((1, 4, 4, 2)), ForeignTensor((1, 1, 1, 2))
    assert geometry_of_add(whole, whole) == Geometry(OpKind.ADD, (4, 4, 2), (4, 4, 2), inputs=2)
    assert geometry_of_add(whole, one) is None
    assert geometry_of_add(whole, weights((1, 4, 4, 2))) is None


def test_a_convolution_in_groups_has_no_geometry():
    tensors = [ForeignTensor((1, 4, 4, 4)), weights((4, 1, 1, 2)), biases(4), ForeignTensor((1, 4, 4, 4))]
    conv = ForeignOperator(B.CONV_2D, (0, 1, 2), (3,), conv_options())
    assert read_model(Foreign(tensors, [conv]).write()).operators[0].geometry is None


def test_several_rows_at_once_have_no_geometry():
    tensors = [ForeignTensor((3, 8)), weights((5, 8)), ForeignTensor((3, 5))]
    dense = ForeignOperator(B.FULLY_CONNECTED, (0, 1, -1), (2,), fused_options("FullyConnectedOptions"))
    assert read_model(Foreign(tensors, [dense]).write()).operators[0].geometry is None


def test_a_pool_with_an_edge_left_over_keeps_whole_windows():
    tensors = [ForeignTensor((1, 7, 7, 2)), ForeignTensor((1, 3, 3, 2))]
    pool = ForeignOperator(B.MAX_POOL_2D, (0,), (1,), pool_options(2, VALID))
    geometry = read_model(Foreign(tensors, [pool]).write()).operators[0].geometry
    assert geometry == Geometry(OpKind.MAX_POOL, (7, 7, 2), (3, 3, 2), (2, 2), (2, 2))


def test_floats_at_the_ends_of_an_int8_model_are_allowed():
    tensors = [
        ForeignTensor((1, 8), FLOAT32, scales=()),
        ForeignTensor((1, 8)),
        weights((4, 8)),
        biases(4),
        ForeignTensor((1, 4)),
        ForeignTensor((1, 4), FLOAT32, scales=()),
    ]
    operators = [
        ForeignOperator(B.QUANTIZE, (0,), (1,)),
        ForeignOperator(B.FULLY_CONNECTED, (1, 2, 3), (4,), fused_options("FullyConnectedOptions")),
        ForeignOperator(B.DEQUANTIZE, (4,), (5,)),
    ]
    model = read_model(Foreign(tensors, operators).write())
    assert [tensor.size_bytes for tensor in model.tensors] == [32, 8, 32, 16, 4, 16]


def test_variables_are_neither_constants_nor_activations():
    foreign = branches()
    state = ForeignTensor((1, 3), INT32, is_variable=True, name="state")
    model = read_model(replace(foreign, tensors=[*foreign.tensors, state], outputs=(7,)).write())
    assert model.tensors[-1].role is Role.VARIABLE


@pytest.mark.parametrize("seed", range(5))
def test_branching_networks_are_read_in_the_order_of_the_file(seed: int):
    graph = branching_graph(seed, 8)
    model = read_model(written(graph))
    assert len(model.operators) == len(graph.ops)
