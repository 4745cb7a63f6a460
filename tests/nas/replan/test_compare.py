from __future__ import annotations

import numpy as np
import pytest

from constraints.arena.checker import BadPlacement, check_placement
from constraints.kernels import HOST
from nas.replan.compare import Compared, OutputsDiffer, check_same, compare
from nas.replan.plan_file import plan_file
from nas.replan.rewrite import with_plan
from nas.replan.samples import samples
from nas.tflite_file.read import read_model
from tests.nas.replan.models import halving_graph, of_two_inputs_and_floats, own_file
from tests.nas.tflite_file.foreign_models import classifier


def _too_far_over(data: bytes) -> bytes:
    """The file with the best plan for it, but for the overlap, which goes 16 B too far."""
    planned = plan_file(data, HOST)
    name = planned.overlapping[0]
    step = next(one for one in planned.program.steps if one.name == name)
    offsets = dict(planned.offsets)
    offsets[step.reads[0]] -= 16
    with pytest.raises(BadPlacement):
        check_placement(planned.program, offsets, 1 << 20)
    model = read_model(data)
    places = [offsets.get(tensor.name, -1) for tensor in model.tensors]
    return with_plan(data, places, range(len(model.operators)))


def test_an_overlap_of_16_bytes_too_many_is_found() -> None:
    data = own_file(halving_graph())
    inputs = samples(read_model(data), 100)
    right = compare(data, plan_file(data, HOST).data, inputs)
    wrong = compare(data, _too_far_over(data), inputs)
    assert right.differing == 0
    assert wrong.differing > 0
    with pytest.raises(OutputsDiffer, match=rf"on {wrong.differing} of 103 inputs .* nothing was written"):
        check_same(wrong, old_plan_is_safe=True)


def test_what_is_lost_behind_few_outputs_is_found_before_them() -> None:
    """All outputs of this model are alike, whatever it is shown: they alone would prove nothing."""
    data = classifier().write()
    inputs = samples(read_model(data), 100)
    wrong = compare(data, _too_far_over(data), inputs)
    assert wrong.distinct == 1
    assert wrong.inner is not None
    assert wrong.inner_distinct > 90
    assert wrong.differing > 0


def test_a_wrong_plan_in_the_given_file_is_named_as_the_cause() -> None:
    with pytest.raises(OutputsDiffer, match="the memory plan in the file lets values be overwritten"):
        check_same(Compared(103, 5, 100, None, 0), old_plan_is_safe=False)


def test_samples_are_repeatable_reach_all_codes_and_hold_the_extremes() -> None:
    model = read_model(own_file(halving_graph()))
    drawn = samples(model, 100).view(np.int8)
    assert drawn.shape == (103, 16 * 16 * 3)
    assert (drawn == samples(model, 100).view(np.int8)).all()
    assert [set(row) for row in drawn[-3:].tolist()] == [{-128}, {127}, {0}]
    assert len(np.unique(drawn[:-3])) == 256


def test_floats_that_a_model_quantizes_itself_reach_all_codes() -> None:
    model = read_model(of_two_inputs_and_floats().write())
    floats = samples(model, 100)[:, : 4 * 144].copy().view(np.float32)
    codes = np.round(floats / 0.05)
    assert len(np.unique(codes)) == 256
    assert (codes.min(), codes.max()) == (-128, 127)
