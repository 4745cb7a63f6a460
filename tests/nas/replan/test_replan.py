from __future__ import annotations

import random
from dataclasses import replace

import pytest
import tflite

from constraints.arena.checker import check_placement
from constraints.kernels import HOST, KernelLibrary, Kernels
from nas.replan.plan_file import has_unsafe_plan, plan_file
from nas.replan.replan import kernels_named, replan
from nas.tflite_file.flatbuffer import BadModelFile
from nas.tflite_file.read import read_model
from nas.verify.isolated import record_isolated
from tests.graphs import branching_graph, random_network_graph
from tests.nas.replan.models import (
    badly_ordered,
    halving_graph,
    of_two_inputs_and_floats,
    own_file,
    with_dead_ends,
)
from tests.nas.tflite_file.foreign import Foreign, ForeignOperator, ForeignTensor
from tests.nas.tflite_file.foreign_models import classifier

OTHER = Kernels(KernelLibrary.OTHER)


def test_both_recorded_arenas_and_the_files_are_given() -> None:
    data = own_file(halving_graph())
    done = replan(data, HOST)
    assert done.before.arena == record_isolated(data)
    assert done.after.arena == record_isolated(done.planned.data)
    assert done.after.arena.head_bytes == done.planned.predicted_bytes
    # 16 x 16 x 3 in, 8 x 8 x 8 out, side by side: 768 + 512; overlapped, with the window's row ahead: 800.
    assert done.head_bytes == (1280, 800)
    assert (done.before.file_bytes, done.after.file_bytes) == (len(data), len(done.planned.data))
    assert (done.compared.inputs, done.compared.differing) == (103, 0)


def test_another_order_and_a_disjoint_placement_save_memory_on_kernels_of_unknown_order() -> None:
    done = replan(badly_ordered().write(), OTHER)
    # Two tensors of 1024 B and the picture of 128 B; then one of them, the picture, and a small one of 32 B.
    assert done.head_bytes == (1024 + 1024 + 128, 1024 + 128 + 32)
    assert done.planned.is_reordered
    assert done.planned.overlapping == ()


def test_a_file_of_two_inputs_with_floats_is_compared_on_both() -> None:
    done = replan(of_two_inputs_and_floats().write(), HOST)
    assert (done.compared.differing, done.compared.distinct) == (0, 103)


@pytest.mark.parametrize("seed", range(3))
def test_branching_networks_give_the_same_outputs_in_less_memory(seed: int) -> None:
    done = replan(own_file(branching_graph((0, 3, 11)[seed], 8)), HOST)
    before, after = done.head_bytes
    assert after < before
    assert done.planned.is_reordered
    assert done.compared.differing == 0


def test_a_planned_file_is_planned_no_better_and_gains_nothing() -> None:
    once = plan_file(own_file(halving_graph()), HOST)
    twice = replan(once.data, HOST)
    assert twice.planned.data == once.data
    assert not twice.gains


def test_a_plan_with_overlaps_is_replaced_for_other_kernels_though_that_takes_more() -> None:
    once = plan_file(own_file(halving_graph()), HOST)
    assert not has_unsafe_plan(once.model, HOST)
    other = replan(once.data, OTHER)
    assert other.replaces_unsafe
    assert other.gains
    assert other.head_bytes == (800, 1280)
    assert not has_unsafe_plan(other.planned.model, OTHER)


def test_scratch_memory_of_cmsis_nn_is_left_room_for() -> None:
    data = own_file(halving_graph())
    done = replan(data, kernels_named("cmsis-nn"))
    assert not done.is_recorded
    assert done.planned.overlapping == ()
    # im2col of two columns of 3 x 3 x 3 values, filled up to 28, as int16: 112 B beside 768 + 512.
    assert done.head_bytes[1] == 768 + 512 + 112


def test_states_that_operators_share_keep_their_order() -> None:
    model = badly_ordered()
    state = ForeignTensor((1, 4), is_variable=True, name="state")
    with_state = replace(model, tensors=[*model.tensors, state], outputs=(9,)).write()
    planned = plan_file(with_state, OTHER)
    assert not planned.is_reordered
    offsets = read_model(planned.data).offline_plan
    assert offsets is not None
    assert offsets[-1] == -1


def test_dead_ends_and_several_outputs_keep_their_places() -> None:
    planned = plan_file(with_dead_ends().write(), OTHER)
    offsets = planned.model.offline_plan
    assert offsets is not None
    names = [tensor.name for tensor in planned.model.tensors]
    assert offsets[names.index("untouched")] == -1
    assert offsets[names.index("dead end")] >= 0
    assert [op.code for op in planned.model.operators].count("CONV_2D") == 5


@pytest.mark.parametrize("seed", range(6))
def test_the_recorded_head_is_the_planned_one_in_every_space(seed: int) -> None:
    planned = plan_file(own_file(random_network_graph(seed), seed), HOST)
    assert record_isolated(planned.data).head_bytes == planned.predicted_bytes


def test_an_operator_of_unknown_order_overlaps_nothing() -> None:
    shape = (1, 8, 8, 4)
    tensors = [ForeignTensor(shape) for _ in range(3)]
    operators = [
        ForeignOperator(tflite.BuiltinOperator.LOGISTIC, (0,), (1,)),
        ForeignOperator(tflite.BuiltinOperator.LOGISTIC, (1,), (2,)),
    ]
    planned = plan_file(Foreign(tensors, operators).write(), HOST)
    assert planned.overlapping == ()
    assert planned.predicted_bytes == 2 * 256


def test_damaged_files_are_planned_or_refused_and_never_crash_the_planner() -> None:
    rng = random.Random(5)
    whole = [badly_ordered().write(), classifier().write(), own_file(halving_graph())]
    refused = 0
    for _ in range(150):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.choice((1, 2, 4))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            planned = plan_file(bytes(data), HOST)
        except BadModelFile:
            refused += 1
        else:
            check_placement(planned.program, planned.offsets, planned.predicted_bytes)
    assert 25 < refused < 145


def test_a_scale_that_is_no_number_is_carried_over_as_it_is() -> None:
    model = classifier()
    tensors = list(model.tensors)
    tensors[0] = replace(tensors[0], scales=(float("nan"), *tensors[0].scales[1:]))
    data = replace(model, tensors=tensors).write()
    assert "nan" in repr(plan_file(data, HOST).model.tensors[0].scales)
