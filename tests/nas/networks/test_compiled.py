import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from nas.networks.compiled import compiled


def total(values: np.ndarray) -> float:
    found = 0.0
    for value in values:
        found += value
    return found


def test_a_compiled_loop_gives_what_the_loop_gives():
    values = np.arange(100, dtype=np.float32)
    assert compiled(fastmath=("contract",))(total)(values) == total(values) == 4950.0


def test_without_a_place_to_keep_it_a_loop_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Dispatcher) -> None:
        raise RuntimeError(f"cannot cache function {self}: no locator available")

    monkeypatch.setattr(Dispatcher, "enable_caching", refuse)
    assert compiled(fastmath=("contract",))(total)(np.ones(3)) == 3.0
