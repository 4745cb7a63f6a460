import json
import random
from pathlib import Path

import pytest

from constraints.kernels import Instructions
from search_spaces.graph import OpKind
from studies.check_scratch import KINDS, Comparison, as_json, as_text, draw, load


def test_drawn_windows_stay_within_the_padded_map():
    rng = random.Random(0)
    kinds = set()
    for _ in range(500):
        geometry = draw(rng)
        kinds.add(geometry.kind)
        for axis in (0, 1):
            reach = (geometry.kernel[axis] - 1) * geometry.dilation[axis] + 1
            last = (geometry.output[axis] - 1) * geometry.stride[axis] - geometry.padding[axis]
            # SAME padding puts as many zeros behind the map as before it, or one more.
            assert last + reach <= geometry.input[axis] + geometry.padding[axis] + 1
            assert last < geometry.input[axis]
    assert kinds == set(KINDS)


def test_the_same_seed_draws_the_same_geometries():
    first, second = random.Random(3), random.Random(3)
    assert [draw(first) for _ in range(20)] == [draw(second) for _ in range(20)]


def test_differences_are_counted_and_shown():
    geometry = draw(random.Random(0))
    found = {Instructions.MVE: Comparison(10, 4, ((geometry, 16, 32),))}
    assert json.loads(as_json(found)) == {"mve": {"n": 10, "nonzero": 4, "differing": 1}}
    assert "10 geometries, 4 ask for scratch memory, 1 differ" in as_text(found)
    assert "predicted 16, CMSIS-NN 32" in as_text(found)
    assert geometry.kind in OpKind


def test_a_module_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"missing\.so is no extension module of this Python"):
        load(tmp_path / "missing.so")
