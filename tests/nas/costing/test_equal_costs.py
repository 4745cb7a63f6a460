"""Costs from tables are those of the whole network, one by one and in batches."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from constraints.budget import Budget
from constraints.cost_models import EnergyModel
from constraints.estimate import estimate
from constraints.kernels import Instructions, KernelLibrary, Kernels
from constraints.target import Target, load_target
from nas.costing.costing import Costing
from search_spaces.lowering import lower
from search_spaces.space import SearchSpace
from tests.graphs import preset_spaces
from tests.own_space import space as own_space
from tests.spaces import every_family_space

OWN = own_space((28, 28, 1), 10)
SPACES = (*preset_spaces(), OWN, every_family_space())
NAMES = ("digits", "tiny", "spectrograms", "lines", "images", "own", "every family")
HOST = load_target("host")
MODELLED = replace(load_target("stm32l4r5"), energy=EnergyModel(33.0, "made up"))
HELIUM = replace(MODELLED, kernels=Kernels(KernelLibrary.CMSIS_NN, Instructions.MVE, 4))
APART = replace(HOST, kernels=Kernels(KernelLibrary.OTHER, pointer_bytes=4))


def genotypes(space: SearchSpace, seed: int, count: int) -> np.ndarray:
    rng = random.Random(seed)
    return np.array([space.sample(rng).genes for _ in range(count)])


@pytest.mark.parametrize("target", [HOST, MODELLED, HELIUM, APART], ids=["host", "m4", "m55", "apart"])
@pytest.mark.parametrize("space", SPACES, ids=NAMES)
def test_what_is_added_up_is_what_the_whole_network_costs(space: SearchSpace, target: Target):
    costing = Costing(space, target, Budget())
    drawn = genotypes(space, 1, 6 if space is OWN else 25)
    columns = costing.costs(drawn)
    for row, genes in enumerate(drawn.tolist()):
        genotype = space.decode(genes)
        whole = replace(estimate(lower(space, genotype), target), peak_op="")
        assert costing.cost(genotype) == whole
        assert columns.cost(row) == whole


@pytest.mark.parametrize("target", [HOST, MODELLED], ids=["host", "m4"])
@pytest.mark.parametrize("space", SPACES, ids=NAMES)
def test_a_population_costs_what_its_members_do(space: SearchSpace, target: Target):
    costing = Costing(space, target, Budget())
    drawn = genotypes(space, 2, 500)
    columns = costing.costs(drawn)
    assert len(columns) == len(drawn)
    for row, genes in enumerate(drawn.tolist()):
        assert columns.cost(row) == costing.cost(space.decode(genes))
